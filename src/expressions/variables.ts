// Variables by their flat, dotted names, in layers: a template's own over its caller's over the workflow's.

export interface Variables {
  /** `undefined` if unknown, `null` for an absent optional: an output of a skipped or omitted node without a default. */
  get(name: string): unknown
  /** Every name once. */
  names(): Iterable<string>
}

/** Names cut at their dots; a node can have a value, which is looked up when asked for, and children. */
export type NameTree = { readonly children: Map<string, NameTree>; read: (() => unknown) | null }

/** One layer above another. Making it costs nothing; its tree of names is built when first asked for, and then grows. */
export class Layer implements Variables {
  readonly parent: Variables | null
  readonly #own: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>
  #tree: NameTree | null = null
  /** How many names of a map stand in the tree. */
  #planted = 0

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

  /** The layer's own names as a tree. A map may gain names (they come last) and change values; a lost name builds it anew. */
  get tree(): NameTree {
    const own = this.#own
    if (!(own instanceof Map)) return (this.#tree ??= this.#treeOf(Object.keys(own)))
    if (this.#tree === null || own.size < this.#planted) {
      this.#planted = 0
      this.#tree = newTree()
    }
    if (own.size > this.#planted) {
      let at = 0
      for (const name of own.keys() as Iterable<string>) {
        at += 1
        if (at > this.#planted) plant(this.#tree, name, () => own.get(name) as unknown)
      }
      this.#planted = own.size
    }
    return this.#tree
  }

  #treeOf(names: readonly string[]): NameTree {
    const root = newTree()
    for (const name of names) plant(root, name, () => ownValue(this.#own, name))
    return root
  }
}

export const newTree = (): NameTree => ({ children: new Map(), read: null })

export function plant(root: NameTree, name: string, read: () => unknown): void {
  let node = root
  for (const part of name.split('.')) {
    let next = node.children.get(part)
    if (next === undefined) node.children.set(part, (next = newTree()))
    node = next
  }
  node.read = read
}

function ownValue(own: object, name: string): unknown {
  return Object.hasOwn(own, name) ? (Reflect.get(own, name) as unknown) : undefined
}

/** `own` over `parent`; neither is copied. A map may gain names and change values afterwards. */
export function variablesOf(
  own: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>,
  parent?: Variables,
): Variables {
  return new Layer(own, parent ?? null)
}
