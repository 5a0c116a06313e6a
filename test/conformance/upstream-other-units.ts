/** The other unit tests of kube-proxy's IPVS backend: drains, IP sets and the node's addresses. */
import { cases, unitTests } from "./upstream-test.ts";

const NO_IPSET = "no ipset is used: there is no version to ask for";

const VERSIONS = [
  "4.0 < 6.0 is invalid",
  "5.1 < 6.0 is invalid",
  "5.2 < 6.0 is invalid",
  "7 is not a valid version",
  "6.0 is valid since >= 6.0",
  "6.1 is valid since >= 6.0",
  "6.19 is valid since >= 6.0",
  "7.0 is valid since >= 6.0",
  "8.1.2 is valid since >= 6.0",
  "9.3.4.0 is valid since >= 6.0",
  "not a valid semantic version",
];

/** All of them. */
export const otherUnitTests = [
  ...unitTests("pkg/proxy/ipvs/graceful_termination_test.go", [
    {
      name: "Test_GracefulDeleteRS/graceful delete, no connections results in deleting the real server immediatetly",
      differs:
        "weight 0 at once, and deleted with the first look a second later, so that a connection which begins in that moment is not cut",
    },
    ...cases(
      "Test_GracefulDeleteRS",
      "graceful delete, real server has active connections, weight should be 0 but don't delete",
      "graceful delete, real server has in-active connections, weight should be 0 but don't delete",
      "graceful delete, real server has connections, but udp connections are deleted immediately",
      "graceful delete, real server mismatch should be no-op",
    ),
    "Test_RaceTerminateRSList",
  ]),
  ...unitTests("pkg/proxy/ipvs/ipset_test.go", [
    ...VERSIONS.map((name) => ({ name: `TestCheckIPSetVersion/${name}`, cannotApply: NO_IPSET })),
    ...cases(
      "TestSyncIPSetEntries",
      "normal ipset sync",
      "ipset IPv6 sync with no new entries",
      "ipset sync with updated udp->tcp in hash",
      "ipset sync no updates required",
      "ipset IPv6 sync, delete and add new entry",
      "ipset sync, no current entries",
      "ipset sync, no current entries with /16 subnet",
      "ipset IPv6 sync, no updates required with /32 subnet",
      "ipset IPv6 sync, current entries removed",
      "ipset sync, port entry removed",
      "ipset sync, remove old and add new",
      "ipset sync, remove many stale ports",
      "ipset sync, add sctp entry",
      "ipset sync, add IPV6 sctp entry",
    ),
  ]),
  ...unitTests("pkg/proxy/ipvs/netlink_linux_test.go", ["filterAddrsExcept"]),
];
