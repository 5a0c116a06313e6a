/**
 * The packet filter's set of all addresses on `kube-ipvs0`. Its elements follow from the wanted addresses and
 * are made when somebody asks: kept for each of 10,000 addresses they would be memory for nothing.
 */
import { type Address, familyOf } from "../model/address.ts";
import { type FilterElement, type FilterObjectId, filterObjectId } from "../model/packet-filter.ts";

/** The element that says that an address is a Service's. */
export function serviceAddressElement(address: Address): FilterElement {
  const family = familyOf(address);
  return { kind: "element", family, set: "service-addresses", key: address, value: "" };
}

/** The id of that element. */
export function serviceAddressId(address: Address): FilterObjectId {
  return filterObjectId(serviceAddressElement(address));
}

const ID = /^ip6? service-addresses \{ (.+) \}$/;

/** The address that an id is about; undefined when it is another element's. */
export function serviceAddressOf(id: FilterObjectId): Address | undefined {
  return ID.exec(id)?.[1];
}
