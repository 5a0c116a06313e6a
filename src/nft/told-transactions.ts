/**
 * Which transactions touched our tables. The kernel tells of every object that a transaction changed, each with
 * the name of its table, and then of the new generation that ends it. On a busy node nearly all of them are of
 * others and about tables of theirs, and cost us nothing more than this look.
 */
import { attributes, type Source, text } from "../netlink/codec.ts";
import { type Message, messagesIn } from "../netlink/message.ts";
import { NETFILTER_HEADER_BYTES, NFNL_SUBSYSTEM, netfilterType } from "../netlink/nfnl.ts";
import { TABLE } from "./ruleset.ts";

/** `NFT_MSG_NEWGEN` of `<linux/netfilter/nf_tables.h>`: the end of a transaction. */
const NEW_GENERATION = netfilterType(NFNL_SUBSYSTEM.nftables, 15);

/** The name of the table is attribute 1 of all kinds: `NFTA_TABLE_NAME`, `NFTA_RULE_TABLE`, `NFTA_SET_TABLE` ... */
const objectAttributes = attributes("NFTA", { table: { type: 1, codec: text } });

/** Reads what the group `NFNLGRP_NFTABLES` is told. A transaction may reach over several datagrams. */
export class ToldTransactions {
  #touchesOurs = false;

  /** Of each transaction that ends in this datagram and touched a table of our name: on whose port it was asked for. */
  take(from: Source): readonly number[] {
    const ports: number[] = [];
    for (const message of messagesIn(from)) {
      if (message.type !== NEW_GENERATION) this.#touchesOurs ||= isOfOurs(from, message);
      else {
        if (this.#touchesOurs) ports.push(message.port);
        this.#touchesOurs = false;
      }
    }
    return ports;
  }
}

function isOfOurs(from: Source, { start, end }: Message): boolean {
  return objectAttributes.read(from, start + NETFILTER_HEADER_BYTES, end).table === TABLE;
}
