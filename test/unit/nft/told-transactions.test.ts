/** Which of the transactions that the kernel tells of are about our tables. */
import { beforeEach, expect, test } from "vitest";
import { attributes, sourceOf, text, u32 } from "../../../src/netlink/codec.ts";
import { messagesIn } from "../../../src/netlink/message.ts";
import { NFNL_SUBSYSTEM, netfilterType, writeNetfilterHeader } from "../../../src/netlink/nfnl.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../../../src/netlink/writer.ts";
import { ToldTransactions } from "../../../src/nft/told-transactions.ts";
import { answerOf } from "../../fakes/scripted-socket.ts";

type Told = Parameters<typeof answerOf>[0][number];

/** Numbers of `enum nf_tables_msg_types`. */
const NEW_RULE = 6;
const NEW_SET_ELEMENT = 12;
const DELETE_TABLE = 2;
const NEW_GENERATION = 15;
const AF_INET = 2;

const objects = attributes("NFTA", { table: { type: 1, codec: text } });
const generations = attributes("NFTA_GEN", { id: { type: 1, codec: u32 } });

function about(table: string, command: number): Told {
  return {
    type: netfilterType(NFNL_SUBSYSTEM.nftables, command),
    write: ({ out }) => {
      writeNetfilterHeader(out, AF_INET);
      objects.write(out, { table });
    },
  };
}

const END: Told = {
  type: netfilterType(NFNL_SUBSYSTEM.nftables, NEW_GENERATION),
  write: ({ out }) => {
    writeNetfilterHeader(out, 0);
    generations.write(out, { id: 7 });
  },
};

let transactions: ToldTransactions;
beforeEach(() => {
  transactions = new ToldTransactions();
});

function take(...told: readonly Told[]): readonly number[] {
  return transactions.take(sourceOf(Uint8Array.from(answerOf(told).from.bytes)));
}

test.each([
  { what: "a rule in a table of others", told: [about("filter", NEW_RULE), END], count: 0 },
  { what: "an element in ours", told: [about("kube-ipvs", NEW_SET_ELEMENT), END], count: 1 },
  { what: "our table gone", told: [about("kube-ipvs", DELETE_TABLE), END], count: 1 },
  {
    what: "a table whose name begins as ours",
    told: [about("kube-ipvs2", NEW_RULE), END],
    count: 0,
  },
  {
    what: "ours among those of others",
    told: [about("nat", NEW_RULE), about("kube-ipvs", NEW_RULE), about("nat", NEW_RULE), END],
    count: 1,
  },
  {
    what: "two transactions, one of them about ours",
    told: [about("kube-ipvs", NEW_RULE), END, about("nat", NEW_RULE), END],
    count: 1,
  },
  { what: "nothing that was changed", told: [END], count: 0 },
])("$what: $count", ({ told, count }) => {
  expect(take(...told)).toHaveLength(count);
});

test("a transaction that is told in several datagrams counts at its end", () => {
  expect(take(about("kube-ipvs", NEW_RULE))).toEqual([]);
  expect(take(about("filter", NEW_RULE))).toEqual([]);
  expect(take(END)).toHaveLength(1);
  expect(take(END)).toEqual([]);
});

test("each with the port that it was asked for on", () => {
  const port = 4_294_962_997;
  const bytes = Uint8Array.from(answerOf([about("kube-ipvs", NEW_RULE), END]).from.bytes);
  const from = sourceOf(bytes);
  const end = [...messagesIn(from)].at(-1);
  from.view.setUint32((end?.start ?? 0) - 4, port, HOST_IS_LITTLE_ENDIAN);
  expect(transactions.take(from)).toEqual([port]);
});
