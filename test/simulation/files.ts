/** What happens in a folder of manifests: files come, change and go. */
import { container } from './deed.ts'
import type { Dice } from './dice.ts'

/** `text: null`: the file is deleted. */
export type FileChange = { readonly atMs: number; readonly path: string; readonly text: string | null }

export function drawFiles(dice: Dice): readonly FileChange[] {
  const changes: FileChange[] = []
  const [files, versions] = [dice.int(1, 2), dice.int(1, 2)]
  for (let index = 0; index < files; index += 1) {
    const path = `file-${index}.yaml`
    const isNamed = dice.chance(0.4)
    let atMs = dice.int(0, 3_000)
    for (let version = 0; version < versions; version += 1) {
      changes.push({ atMs, path, text: manifestOf(`file-${index}`, { version, isNamed, ms: dice.int(0, 2_000) }) })
      atMs += dice.int(500, 8_000)
    }
    if (dice.chance(0.3)) changes.push({ atMs, path, text: null })
  }
  return changes.sort((a, b) => a.atMs - b.atMs)
}

const manifestOf = (
  name: string,
  { version, isNamed, ms }: { readonly version: number; readonly isNamed: boolean; readonly ms: number },
): string =>
  `${JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: isNamed ? { name } : { generateName: `${name}-` },
    spec: {
      entrypoint: 'main',
      arguments: { parameters: [{ name: 'version', value: `v${version}` }] },
      templates: [{ name: 'main', container: container({ ms }) }],
    },
  })}\n`
