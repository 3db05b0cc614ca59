/** Arguments of a workflow over those of the template it refers to: by name, the workflow's first. */
import type { Arguments } from '../resources/index.ts'

export function mergeArguments(own: Arguments | undefined, other: Arguments | undefined): Arguments {
  const parameters = byName([...(own?.parameters ?? []), ...(other?.parameters ?? [])])
  const artifacts = byName([...(own?.artifacts ?? []), ...(other?.artifacts ?? [])])
  return { ...(parameters.length > 0 ? { parameters } : {}), ...(artifacts.length > 0 ? { artifacts } : {}) }
}

function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  const seen = new Set<string>()
  return list.filter(({ name }) => !seen.has(name) && seen.add(name))
}
