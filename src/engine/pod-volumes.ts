/** The volumes that a pod's containers mount, found by name (semantics-templates.md §10). */
import type { Container, Template, Volume } from '../resources/index.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'

export function volumesFor(run: Run, template: Template, containers: readonly Container[]): Outcome<Volume[]> {
  const found = new Map<string, Volume>()
  for (const container of containers)
    for (const { name } of container.volumeMounts ?? []) {
      if (found.has(name)) continue
      const volume = find(run, template, name)
      if (volume === undefined) return bad(`volume '${name}' not found in workflow spec`)
      found.set(name, volume)
    }
  return good([...found.values()])
}

function find(run: Run, template: Template, name: string): Volume | undefined {
  const byName = (list: readonly Volume[] | undefined) => list?.find((volume) => volume.name === name)
  return byName(template.volumes) ?? byName(run.spec.volumes) ?? byName(run.status.persistentVolumeClaims)
}
