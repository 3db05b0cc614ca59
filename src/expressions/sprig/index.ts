import type { Outside } from '../expr/values.ts'
export function sprigFunctions(_outside: Outside | null): Map<string, unknown> {
  return new Map()
}
