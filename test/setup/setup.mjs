/** `npm run setup`: has everything that tests, lab, demo and benchmark need, and runs none of them. */
import "./node-version.mjs";
import { ALL_PROGRAMS } from "./kubernetes.mjs";
import { main } from "./main.mjs";
import { prepare } from "./prepare.mjs";

await main(async () => {
  await prepare({ lab: true, kubernetes: ALL_PROGRAMS });
  return 0;
});
