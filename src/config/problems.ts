/** What is wrong with the settings, where, and what to do. */
import { UserError } from '../resources/index.ts'
import type { Position } from '../resources/index.ts'

export type SettingsProblem = {
  readonly message: string
  readonly path?: string
  readonly at?: Position
  readonly hint?: string
}

/** `file:line:column  path  what is wrong  — what to do` */
export function settingsProblemText({ at, path, message, hint }: SettingsProblem): string {
  const place =
    at === undefined ? undefined : [at.file, at.line, at.column].filter((part) => part !== undefined).join(':')
  const what = [place, path, message].filter((part) => part !== undefined && part !== '').join('  ')
  return hint === undefined ? what : `${what}  — ${hint}`
}

/** Every problem at once: whoever mends a file wants to see them all. */
export class InvalidSettings extends UserError {
  readonly problems: readonly SettingsProblem[]
  constructor(problems: readonly SettingsProblem[]) {
    super('INVALID_SETTINGS', problems.map(settingsProblemText).join('\n'), { at: problems[0]?.at })
    this.problems = problems
  }
}
