// Variables by their flat, dotted names, in layers: a template's own over its caller's over the workflow's.

export interface Variables {
  /** `undefined` if unknown, `null` for an absent optional: an output of a skipped or omitted node without a default. */
  get(name: string): unknown
  /** Every name once. */
  names(): Iterable<string>
}

/** Names cut at their dots; a node can carry a value and have children. */
export type NameTree = { readonly children: Map<string, NameTree>; value: unknown }

/** One layer above another. Making it costs nothing; its tree of names is built when first asked for, and then kept. */
export class Layer implements Variables {
  readonly parent: Variables | null
  readonly #own: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>
  #tree: NameTree | null = null

  constructor(own: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, parent: Variables | null) {
    this.#own = own
    this.parent = parent
  }

  get(name: string): unknown {
    const value = this.#own instanceof Map ? (this.#own.get(name) as unknown) : ownValue(this.#own, name)
    return value === undefined ? this.parent?.get(name) : value
  }

  *names(): Iterable<string> {
    const seen = new Set<string>()
    for (const name of this.ownNames()) {
      seen.add(name)
      yield name
    }
    if (this.parent !== null) for (const name of this.parent.names()) if (!seen.has(name)) yield name
  }

  ownNames(): Iterable<string> {
    return this.#own instanceof Map ? (this.#own.keys() as Iterable<string>) : Object.keys(this.#own)
  }

  /** The layer's own names as a tree. */
  get tree(): NameTree {
    if (this.#tree !== null) return this.#tree
    const root = newTree()
    for (const name of this.ownNames()) {
      const value = this.#own instanceof Map ? (this.#own.get(name) as unknown) : ownValue(this.#own, name)
      if (value !== undefined) plant(root, name, value)
    }
    return (this.#tree = root)
  }
}

export const newTree = (): NameTree => ({ children: new Map(), value: undefined })

export function plant(root: NameTree, name: string, value: unknown): void {
  let node = root
  for (const part of name.split('.')) {
    let next = node.children.get(part)
    if (next === undefined) node.children.set(part, (next = newTree()))
    node = next
  }
  node.value = value
}

function ownValue(own: object, name: string): unknown {
  return Object.hasOwn(own, name) ? (Reflect.get(own, name) as unknown) : undefined
}

/** `own` over `parent`; neither is copied, so changes to them after the first use are not promised to be seen. */
export function variablesOf(
  own: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>,
  parent?: Variables,
): Variables {
  return new Layer(own, parent ?? null)
}
