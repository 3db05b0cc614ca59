// Go's types by their printed names: error texts, `type()`, `sprig.typeOf` and the type checker all speak of them.

export type Kind =
  | 'bool'
  | 'int'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'float64'
  | 'string'
  | 'slice'
  | 'array'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'
  | 'interface'

export type GoType = {
  /** As `%T` prints it, for example `map[string]interface {}`. */
  readonly name: string
  readonly kind: Kind
  /** Of slices, arrays, maps and pointers. */
  readonly elem?: GoType
  readonly key?: GoType
  /** Of functions; the last parameter of a variadic one is its element type. */
  readonly params?: readonly GoType[]
  readonly variadic?: boolean
  readonly results?: readonly GoType[]
  /** Declared in a package (`time.Month`), so never one of Go's plain types. */
  readonly declared?: boolean
}

const plain: Readonly<Record<string, Kind>> = {
  bool: 'bool',
  int: 'int',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint32: 'uint32',
  uint64: 'uint64',
  float64: 'float64',
  string: 'string',
}
const declared: Readonly<Record<string, Kind>> = {
  'time.Time': 'struct',
  'time.Duration': 'int64',
  'time.Month': 'int',
  'time.Weekday': 'int',
  'time.Location': 'struct',
  'semver.Version': 'struct',
  'http.Header': 'map',
  error: 'interface',
}

const known = new Map<string, GoType>()

/** The type of that name; `any` and `byte` are understood. Names come from this program, never from users. */
export function goType(text: string): GoType {
  const hit = known.get(text)
  if (hit !== undefined) return hit
  const reader = new TypeReader(text)
  const type = reader.type()
  known.set(text, type)
  return type
}

class TypeReader {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  type(): GoType {
    const text = this.#text
    if (this.#take('...')) return this.type()
    if (this.#take('interface {}') || this.#word('any')) return intern({ name: 'interface {}', kind: 'interface' })
    if (this.#take('[]')) {
      const elem = this.type()
      return intern({ name: `[]${elem.name}`, kind: 'slice', elem })
    }
    if (this.#take('[2]')) {
      const elem = this.type()
      return intern({ name: `[2]${elem.name}`, kind: 'array', elem })
    }
    if (this.#take('*')) {
      const elem = this.type()
      return intern({ name: `*${elem.name}`, kind: 'ptr', elem })
    }
    if (this.#take('map[')) {
      const key = this.type()
      this.#take(']')
      const elem = this.type()
      return intern({ name: `map[${key.name}]${elem.name}`, kind: 'map', key, elem })
    }
    if (this.#take('func(')) return this.#func()
    const word = /[a-z0-9]+(?:\.[A-Za-z]+)?/y
    word.lastIndex = this.#at
    const name = word.exec(text)?.[0] ?? ''
    this.#at += name.length
    if (name === 'byte') return goType('uint8')
    const own = declared[name]
    if (own !== undefined) return intern(declaredType(name, own))
    const kind = plain[name]
    if (kind === undefined) throw new Error(`not a Go type: ${text}`)
    return intern({ name, kind })
  }

  #func(): GoType {
    const params: GoType[] = []
    let variadic = false
    while (!this.#take(')')) {
      if (params.length > 0) this.#take(', ')
      variadic = this.#text.startsWith('...', this.#at)
      params.push(this.type())
    }
    const results: GoType[] = []
    if (this.#take(' (')) {
      while (!this.#take(')')) {
        if (results.length > 0) this.#take(', ')
        results.push(this.type())
      }
    } else if (this.#take(' ')) results.push(this.type())
    const shown = params.map((p, i) => (variadic && i === params.length - 1 ? `...${p.name}` : p.name)).join(', ')
    const out =
      results.length === 0
        ? ''
        : results.length === 1
          ? ` ${results[0]?.name ?? ''}`
          : ` (${results.map((r) => r.name).join(', ')})`
    return intern({ name: `func(${shown})${out}`, kind: 'func', params, variadic, results })
  }

  #take(piece: string): boolean {
    if (!this.#text.startsWith(piece, this.#at)) return false
    this.#at += piece.length
    return true
  }

  #word(word: string): boolean {
    const next = this.#text[this.#at + word.length]
    return (next === undefined || !/[A-Za-z0-9.]/.test(next)) && this.#take(word)
  }
}

function declaredType(name: string, kind: Kind): GoType {
  if (kind !== 'map') return { name, kind, declared: name !== 'error' }
  return { name, kind, declared: true, key: goType('string'), elem: goType('[]string') }
}

function intern(type: GoType): GoType {
  const hit = known.get(type.name)
  if (hit !== undefined) return hit
  known.set(type.name, type)
  return type
}

export const ANY = goType('any')
export const BOOL = goType('bool')
export const INT = goType('int')
export const INT64 = goType('int64')
export const UINT8 = goType('uint8')
export const UINT64 = goType('uint64')
export const FLOAT = goType('float64')
export const STRING = goType('string')
export const BYTES = goType('[]byte')
export const ANY_SLICE = goType('[]any')
export const STRING_SLICE = goType('[]string')
export const INT_SLICE = goType('[]int')
export const ANY_MAP = goType('map[string]any')
export const STRING_MAP = goType('map[string]string')
export const TIME = goType('time.Time')
export const DURATION = goType('time.Duration')
export const MONTH = goType('time.Month')
export const WEEKDAY = goType('time.Weekday')
export const LOCATION = goType('*time.Location')

const integerKinds: ReadonlySet<Kind> = new Set<Kind>(['int', 'int32', 'int64', 'uint8', 'uint32', 'uint64'])

/** One of Go's own integer types; `time.Duration` and `time.Month` are not. */
export function isInteger(type: GoType): boolean {
  return type.declared !== true && integerKinds.has(type.kind)
}

export function isIntegerKind(kind: Kind): boolean {
  return integerKinds.has(kind)
}

/** Whether a value of type `from` may be given where `to` is expected. */
export function isAssignable(from: GoType, to: GoType): boolean {
  return from === to || to.name === 'interface {}'
}
