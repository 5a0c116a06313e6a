/** All that is wrong with the settings, at once. */

/** One mistake of the user. */
export interface ConfigProblem {
  /** Where it was made: `--scheduler`, `NODE_NAME`, `config.yaml:7: scheduler.default`. */
  readonly where: string;
  /** What is wrong, what is allowed, and the nearest right word. */
  readonly message: string;
}

/** Thrown when settings cannot be used; carries every mistake, not the first. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "ERR_CONFIG";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join("\n"), options);
    this.problems = problems;
  }
}
