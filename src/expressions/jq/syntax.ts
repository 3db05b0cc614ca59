/** The tree of a jq program. */
export type Filter =
  | { readonly kind: 'identity' | 'recurse' }
  | { readonly kind: 'literal'; readonly value: null | boolean | number | bigint | string }
  | { readonly kind: 'index'; readonly target: Filter; readonly key: Filter }
  | { readonly kind: 'slice'; readonly target: Filter; readonly from: Filter | null; readonly to: Filter | null }
  | { readonly kind: 'iterate'; readonly target: Filter }
  | { readonly kind: 'pipe' | 'comma' | 'alternative' | 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'assign'; readonly path: Filter; readonly value: Filter }
  | { readonly kind: 'modify'; readonly path: Filter; readonly update: Filter }
  | {
      readonly kind: 'update'
      readonly operator: BinaryOperator | '//'
      readonly path: Filter
      readonly value: Filter
    }
  | { readonly kind: 'bind'; readonly source: Filter; readonly patterns: readonly Pattern[]; readonly body: Filter }
  | { readonly kind: 'define'; readonly definition: Definition; readonly body: Filter }
  | { readonly kind: 'label'; readonly name: string; readonly body: Filter }
  | { readonly kind: 'break'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Filter[] }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly kind: 'array'; readonly items: Filter | null }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Filter }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'text'; readonly parts: readonly (string | Filter)[]; readonly format: string | null }
  | {
      readonly kind: 'if'
      readonly condition: Filter
      readonly then: Filter
      readonly otherwise: Filter | null
    }
  | { readonly kind: 'try'; readonly body: Filter; readonly handler: Filter | null }
  | {
      readonly kind: 'reduce'
      readonly source: Filter
      readonly pattern: Pattern
      readonly start: Filter
      readonly update: Filter
    }
  | {
      readonly kind: 'foreach'
      readonly source: Filter
      readonly pattern: Pattern
      readonly start: Filter
      readonly update: Filter
      readonly extract: Filter | null
    }

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>='

/** `value` is null for `{a}` and `{$a}`. */
export type ObjectEntry = { readonly key: Filter; readonly value: Filter }

export type Pattern =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'array'; readonly items: readonly Pattern[] }
  | {
      readonly kind: 'object'
      readonly entries: readonly {
        readonly variable: string | null
        readonly key: Filter
        readonly value: Pattern | null
      }[]
    }

/** A parameter `$x` is a value, `f` a filter. */
export type Definition = {
  readonly name: string
  readonly parameters: readonly string[]
  readonly body: Filter
}

export const identity: Filter = { kind: 'identity' }
export const literal = (value: null | boolean | number | bigint | string): Filter => ({ kind: 'literal', value })

export function variablesOf(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case 'variable':
      return [pattern.name]
    case 'array':
      return pattern.items.flatMap(variablesOf)
    case 'object':
      return pattern.entries.flatMap(({ variable, value }) => [
        ...(variable === null ? [] : [variable]),
        ...(value === null ? [] : variablesOf(value)),
      ])
  }
}
