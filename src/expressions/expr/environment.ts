// The environment of `{{=…}}`: flat dotted names as nested maps, seen through, not built; with Argo's functions added.

import { asFloat, asInt } from './builtins/numbers.ts'
import { goType } from './go-types.ts'
import { GoFunc, GoMap, LazyMap, panic } from './values.ts'
import { queryJsonPath } from '../json-path/query.ts'
import { sprigFunctions } from '../sprig/index.ts'
import { decodeJson, encodeJson } from '../go-json.ts'
import { Layer, newTree, plant } from '../variables.ts'
import type { NameTree, Variables } from '../variables.ts'
import type { Outside } from './values.ts'

/**
 * Nested maps over flat names, with `asInt`, `asFloat`, `toJson`, `jsonpath` and `sprig` added, which hide variables of
 * those names. Where a name and a longer one beginning with it exist, the shorter is dropped.
 * @param extra further members at the top, as they are
 */
export function environmentWithFunctions(
  variables: Variables,
  outside: Outside | null = null,
  extra: Readonly<Record<string, unknown>> = {},
): LazyMap {
  const members = new Map(Object.entries(extra))
  for (const [name, fn] of added) members.set(name, fn)
  members.set('sprig', sprigFor(outside))
  return new Environment(treesOf(variables), members)
}

const added: readonly (readonly [string, GoFunc])[] = [
  ['asInt', asInt],
  ['asFloat', asFloat],
  ['toJson', new GoFunc(goType('func(any) string'), ([value]) => encodeJson(value))],
  [
    'jsonpath',
    new GoFunc(goType('func(string, string) any'), ([json, path]) => {
      const document = decodeJson(String(json))
      const result = queryJsonPath(document, String(path))
      return 'error' in result ? panic(result.error) : result.value
    }),
  ],
]

const sprigs = new WeakMap<Outside, GoMap>()
const pureSprig = { map: null as GoMap | null }

/** Sprig's functions as a map of their own type, one per outside world. */
function sprigFor(outside: Outside | null): GoMap {
  if (outside === null) return (pureSprig.map ??= new GoMap(sprigFunctions(null)))
  let map = sprigs.get(outside)
  if (map === undefined) sprigs.set(outside, (map = new GoMap(sprigFunctions(outside))))
  return map
}

/** Trees of the layers, the nearest first. */
function treesOf(variables: Variables): readonly NameTree[] {
  const trees: NameTree[] = []
  let at: Variables | null = variables
  while (at !== null) {
    if (at instanceof Layer) {
      trees.push(at.tree)
      at = at.parent
      continue
    }
    const foreign = at
    const tree = newTree()
    for (const name of foreign.names()) plant(tree, name, () => foreign.get(name))
    trees.push(tree)
    at = null
  }
  return trees
}

function firstValue(nodes: readonly NameTree[]): unknown {
  for (const { read } of nodes) {
    const value = read?.()
    if (value !== undefined) return value
  }
  return undefined
}

/** A level of the nested maps: the nodes with that path in each layer. */
class Level extends LazyMap {
  readonly #nodes: readonly NameTree[]
  readonly #seen = new Map<string, unknown>()
  #keys: readonly string[] | null = null

  constructor(nodes: readonly NameTree[]) {
    super()
    this.#nodes = nodes
  }

  get size(): number {
    return [...this.keys()].length
  }

  get(key: string): unknown {
    if (this.#seen.has(key)) return this.#seen.get(key)
    const found: NameTree[] = []
    for (const node of this.#nodes) {
      const child = node.children.get(key)
      if (child !== undefined) found.push(child)
    }
    const below = found.filter((n) => n.children.size > 0)
    const value = below.length > 0 ? new Level(below) : firstValue(found)
    this.#seen.set(key, value)
    return value
  }

  keys(): Iterable<string> {
    return (this.#keys ??= [...new Set(this.#nodes.flatMap((n) => [...n.children.keys()]))])
  }
}

class Environment extends Level {
  readonly #members: ReadonlyMap<string, unknown>
  constructor(trees: readonly NameTree[], members: ReadonlyMap<string, unknown>) {
    super(trees)
    this.#members = members
  }

  override get(key: string): unknown {
    return this.#members.has(key) ? this.#members.get(key) : super.get(key)
  }

  override keys(): Iterable<string> {
    return new Set([...super.keys(), ...this.#members.keys()])
  }
}
