// Go's type assertions, which fail with `interface conversion: …`.

import { GoPointer, panic, typeName } from './values.ts'

/** Operators see what a pointer points to. */
export function dereferenced(value: unknown): unknown {
  return value instanceof GoPointer ? value.target : value
}

export function badAssertion(value: unknown, wanted: string): never {
  return panic(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not ${wanted}`)
}

export function asBool(value: unknown): boolean {
  return typeof value === 'boolean' ? value : badAssertion(value, 'bool')
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : badAssertion(value, 'string')
}
