/** What package.json, the lock file and the documents must say of each other. */
import { readProjectFile } from "./source-file.ts";

/** The breaches among these four texts. */
export function packageFacts(project: {
  readonly manifest: string;
  readonly lock: string;
  readonly changelog: string;
  readonly architecture: string;
}): readonly string[] {
  const manifest: { version: string; dependencies?: object; devDependencies?: object } = JSON.parse(
    project.manifest,
  );
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const unnamed = names.filter((name) => !project.architecture.includes(`\`${name}\``));
  const host = /"resolved": "[a-z+]+:\/\/[^"]*"/.exec(project.lock)?.[0];
  return [
    ...unnamed.map((name) => `ARCHITECTURE.md: does not name \`${name}\` (say what it is for)`),
    ...(project.changelog.includes(manifest.version)
      ? []
      : [`CHANGELOG.md: has nothing on ${manifest.version}, the version of package.json`]),
    ...(host === undefined ? [] : [`package-lock.json: names a host: ${host}`]),
  ];
}

/** The project's own facts. */
export function readPackageFacts(): Parameters<typeof packageFacts>[0] {
  return {
    manifest: readProjectFile("package.json").text,
    lock: readProjectFile("package-lock.json").text,
    changelog: readProjectFile("CHANGELOG.md").text,
    architecture: readProjectFile("ARCHITECTURE.md").text,
  };
}
