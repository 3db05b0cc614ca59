import { describe, expect, it } from 'vitest'
import { evaluateCronWhen, evaluateWhen } from './when.ts'

describe('a when', () => {
  it.each([
    ['', true],
    ['heads == heads', true],
    ['"prod-eu" == \'prod-eu\'', true],
    ['[any text] == "any text"', true],
    ["1 == '1'", false],
    ["'10' > '9'", false],
    ['2 ** 3 ** 2 == 64', true],
    ["'2024-01-01' == 1704067200", true],
    ["'2024-01-01T02:00:00+02:00' == '2024-01-01'", true],
    ["'aXb' =~ 'a\\.b'", true],
    ['a in (a, b) && !(c in (a, b))', true],
    ['true || 1', true],
    ['(a == a) ignored == b', true],
    ['0x10 == 16', true],
  ])('%s is %s', (text, value) => {
    expect(evaluateWhen(text)).toEqual({ ok: true, value })
  })

  it.each([
    [
      'a-b == a-b',
      "Failed to evaluate 'when' expresion 'a-b == a-b': Value 'a' cannot be used with the modifier '-', it is not a number",
    ],
    ['!foo', "Failed to parse 'when' expression '!foo': Cannot transition token types from PREFIX [!] to STRING [foo]"],
    [
      '1==-1',
      `Invalid 'when' expression '1==-1': Invalid token: '==-' (hint: try wrapping the affected expression in quotes ("))`,
    ],
    ['== x', "Invalid 'when' expression '== x': Cannot transition token types from UNKNOWN [<nil>] to COMPARATOR [==]"],
    ["'x' =~ '('", "Invalid 'when' expression ''x' =~ '('': error parsing regexp: missing closing ): `(`"],
    ['2', "Expected boolean evaluation for '2'. Got 2"],
    ['a \\', "Invalid 'when' expression 'a \\': runtime error: index out of range [3] with length 3"],
  ])('%s is refused in the words of Argo', (text, error) => {
    expect(evaluateWhen(text)).toEqual({ ok: false, error })
  })

  it('of a CronWorkflow knows no bare words', () => {
    expect(evaluateCronWhen('a == a')).toEqual({ ok: false, error: "No parameter 'a' found." })
    expect(evaluateCronWhen("'a' == 'a'")).toEqual({ ok: true, value: true })
  })
})
