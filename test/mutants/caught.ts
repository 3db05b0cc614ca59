/** What caught each mutant when all were tried last: `caught.tsv`. Tried first the next time. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kinds } from '../simulation/scenario.ts'
import type { Entry } from './seeds.ts'

export type Catcher =
  | ({
      readonly by: 'seed'
      readonly text: string
      /** Seeds that were played until this one failed. */ readonly after: number
    } & Entry)
  | { readonly by: 'test'; readonly file: string; readonly text: string }

const path = join(import.meta.dirname, 'caught.tsv')
const head = 'mutant\tcaught by\tafter seeds\twhat was noticed'

export async function readCaught(): Promise<Map<string, Catcher>> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').slice(1)
  return new Map(
    lines.flatMap((line) => {
      const [name = '', by = '', after = '', text = ''] = line.split('\t')
      const catcher = catcherOf(by, { after: Number(after), text })
      return catcher === null ? [] : [[name, catcher]]
    }),
  )
}

export async function writeCaught(caught: ReadonlyMap<string, Catcher>, names: readonly string[]): Promise<void> {
  const lines = names.flatMap((name) => {
    const catcher = caught.get(name)
    return catcher === undefined ? [] : [[name, labelOf(catcher), afterOf(catcher), catcher.text].join('\t')]
  })
  await writeFile(path, `${[head, ...lines].join('\n')}\n`)
}

export const labelOf = (catcher: Catcher): string =>
  catcher.by === 'test' ? catcher.file : `${catcher.kind} ${catcher.seed}`

const afterOf = (catcher: Catcher): string => (catcher.by === 'test' ? '' : String(catcher.after))

function catcherOf(label: string, more: { readonly after: number; readonly text: string }): Catcher | null {
  if (label.endsWith('.ts')) return { by: 'test', file: label, text: more.text }
  const [word, seed] = label.split(' ')
  const kind = kinds.find((one) => one === word)
  return kind === undefined ? null : { by: 'seed', kind, seed: Number(seed), ...more }
}
