// Builtins that turn values into text and back: JSON, base64.

import { asText } from '../assert.ts'
import { goType } from '../go-types.ts'
import { bytesOf, textOf } from '../utf8.ts'
import { panic } from '../values.ts'
import { decodeBase64 } from '../base-codes.ts'
import type { BuiltinSpec } from './spec.ts'
import { decodeJson, encodeJson } from '../../go-json.ts'

export const dataBuiltins: readonly BuiltinSpec[] = [
  { name: 'toJSON', types: [goType('func(any) string')], run: ([value]) => encodeJson(value, { indent: 2 }) },
  { name: 'fromJSON', types: [goType('func(string) any')], run: ([text]) => decodeJson(asText(text)) },
  {
    name: 'toBase64',
    types: [goType('func(string) string')],
    run: ([text]) => Buffer.from(bytesOf(asText(text))).toString('base64'),
  },
  {
    name: 'fromBase64',
    types: [goType('func(string) string')],
    run: ([text]) => {
      const bytes = decodeBase64(asText(text))
      return typeof bytes === 'string' ? panic(bytes) : textOf(bytes)
    },
  },
]
