/** `npm run lab`: a shell on a node of its own, with the sample cluster served by kube-ipvs. */
import { bundleProgram } from "../../setup/bundle.mjs";
import { bootLab } from "../boot.ts";

const program = await bundleProgram("test/lab/shell/inside.ts");
const { exitStatus } = await bootLab({
  command: ["node", "--enable-source-maps", program],
  interactive: true,
  timeoutMs: 0,
});
process.exitCode = exitStatus;
