/** One thing that doctor looks at. */
import { painted } from '../view/style.ts'
import type { Style } from '../view/style.ts'

export type Check = {
  readonly id: string
  /** `poor`: works, but not well or not for much. */
  readonly state: 'fine' | 'poor' | 'bad'
  readonly what: string
  readonly advice?: string
  /** What `--fix` does about it; tells what was done. */
  readonly mend?: () => Promise<string>
}

const looks = { fine: ['✔', 'ok', 32], poor: ['⚠', 'poor', 33], bad: ['✖', 'bad', 31] } as const

export function checkText({ state, what, advice }: Check, style: Style): string {
  const [icon, word, colour] = looks[state]
  const line = `${painted(style.utf8 ? icon : word, colour, style)} ${what}`
  return advice === undefined || state === 'fine' ? line : `${line}\n    ${advice.replaceAll('\n', '\n    ')}`
}
