/** A containerSet template: names, mounts and order of its containers. */
import type { ContainerSetTemplate, Template } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'
import { mountsFault } from './mounts.ts'
import { fieldNameFault, namesFault } from './names.ts'
import { isReservedContainer } from './reserved-containers.ts'

export function containerSetFault(template: Template, set: ContainerSetTemplate, place: Place): Fault | null {
  const prefix = `templates.${template.name ?? ''}.containerSet.`
  const at = inside(place, 'containers')
  if (set.containers.length === 0) return fault(`${prefix}containers must have at least one container`, at)
  const names = namesFault(`${prefix}containers`, set.containers, fieldNameFault, at)
  if (names) return names
  const mounts = mountsFault(prefix, set.volumeMounts, 'volumeMounts.', inside(place, 'volumeMounts'))
  if ('fault' in mounts) return mounts.fault
  const order = dependenciesFault(set, at)
  if (order) return fault(`${prefix}${order.message}`, order.path)
  const { inputs, outputs } = template
  const needsMain = [inputs?.artifacts, outputs?.parameters, outputs?.artifacts].some((list) => (list ?? []).length > 0)
  if (needsMain && !set.containers.some(({ name }) => name === 'main')) {
    return fault(`${prefix}containers must have a container named "main" for input or output`, at)
  }
  const reserved = set.containers.findIndex(({ name }) => isReservedContainer(name))
  if (reserved === -1) return null
  const name = set.containers[reserved]?.name ?? ''
  return fault(`${prefix}containers: "${name}" is a reserved Argo container name`, inside(at, reserved, 'name'))
}

function dependenciesFault({ containers }: ContainerSetTemplate, place: Place): Fault | null {
  const byName = new Map(containers.map((container) => [container.name, container.dependencies ?? []]))
  for (const [index, { name, dependencies }] of containers.entries()) {
    const missing = dependencies?.find((dependency) => !byName.has(dependency))
    if (missing === undefined) continue
    return fault(`containers.${name} dependency '${missing}' not defined`, inside(place, index, 'dependencies'))
  }
  const cycle = cycleOf(byName)
  return cycle === null ? null : fault(`containers dependency cycle detected: ${cycle}`, place)
}

/** `a->b->a`, found from the first name of the alphabet on. */
function cycleOf(dependencies: ReadonlyMap<string, readonly string[]>): string | null {
  const visited = new Set<string>()
  const search = (name: string, trail: readonly string[]): string | null => {
    if (visited.has(name)) return null
    for (const next of dependencies.get(name) ?? []) {
      if (trail.includes(next)) return [...trail, next].join('->')
      const found = search(next, [...trail, next])
      if (found !== null) return found
    }
    visited.add(name)
    return null
  }
  for (const name of [...dependencies.keys()].sort()) {
    const found = search(name, [])
    if (found !== null) return found
  }
  return null
}
