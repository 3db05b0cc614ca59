/** What a folder of manifests must have led to at rest. */
import type { SimulatedFolder } from './folder.ts'
import type { MemoryDisk } from '../../src/store/index.ts'
import type { SeenWorkflow } from './history.ts'

const fileAnnotation = 'drydock.dev/source-file'
const contentAnnotation = 'drydock.dev/source-content'

/** Each content has run once at most, and what lies there now, under generated names, has run. */
export function wrongInFolder(folder: SimulatedFolder, all: Iterable<SeenWorkflow>): readonly string[] {
  const wrong: string[] = []
  const seen = new Map<string, string>()
  const ran = new Set<string>()
  for (const { name, workflow } of all) {
    const { [fileAnnotation]: path, [contentAnnotation]: content } = workflow.metadata.annotations ?? {}
    if (path === undefined || content === undefined) continue
    const key = `${path} ${content}`
    if (seen.has(key)) wrong.push(`${key} became ${seen.get(key) ?? ''} and ${name}`)
    seen.set(key, name)
    ran.add(`${path} ${workflow.spec?.arguments?.parameters?.[0]?.value ?? ''}`)
  }
  for (const [path, text] of folder) {
    const { metadata, spec } = JSON.parse(text) as {
      readonly metadata: { readonly name?: string }
      readonly spec: { readonly arguments: { readonly parameters: readonly { readonly value: string }[] } }
    }
    const version = spec.arguments.parameters[0]?.value ?? ''
    if (metadata.name === undefined && !ran.has(`${path} ${version}`)) wrong.push(`${path} ${version} has not run`)
  }
  return wrong
}

/** Files whose content is not on record yet, or that went and are still on record. */
export function unseenFiles(folder: SimulatedFolder, disk: MemoryDisk): readonly string[] {
  const unseen: string[] = []
  const known = new Set<string>()
  for (const [key, text] of disk.collections.get('files') ?? []) {
    const path = key.slice(key.indexOf('\n') + 1)
    const { hash, gone } = JSON.parse(text) as { readonly hash: string; readonly gone?: true }
    known.add(path)
    const content = folder.get(path)
    if (content === undefined ? gone !== true : content !== hash) unseen.push(`${path} is to be looked at`)
  }
  for (const path of folder.keys()) if (!known.has(path)) unseen.push(`${path} is to be looked at`)
  return unseen
}
