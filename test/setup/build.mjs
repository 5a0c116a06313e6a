/** `npm run build`: the native library and dist/main.js, with what they need. */
import "./node-version.mjs";
import { main } from "./main.mjs";
import { prepare } from "./prepare.mjs";

await main(async () => {
  await prepare({ lab: false });
  return 0;
});
