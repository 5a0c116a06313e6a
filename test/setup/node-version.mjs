/**
 * Ends the process with one sentence when this Node.js is too old to go on. Import it first.
 */
const NODE_MAJOR_MIN = 20;
const NODE_MINOR_MIN = 19;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor < NODE_MINOR_MIN)) {
  process.stderr.write(
    `kube-ipvs needs Node.js ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN} or later; this is ${process.versions.node}. ` +
      "Install a newer one from https://nodejs.org and run the same command again.\n",
  );
  process.exit(1);
}
