import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { environmentWithFunctions } from './environment.ts'
import { compileExpression, evaluateCondition, evaluateExpression } from './evaluate.ts'
import { formatValue } from '../go-format.ts'
import { variablesOf } from '../variables.ts'

const scope = environmentWithFunctions(
  variablesOf({ n: '7', list: [1, 2, 3], m: { a: { b: 'x' } }, 'workflow.name': 'wf', 'steps.a-b.status': 'Failed' }),
)

/** JSON text and type of a result, or the first line of its error. */
function result(source: string): string {
  const outcome = evaluateExpression(compileExpression(source), scope)
  if (!outcome.ok) return `error: ${outcome.error.split('\n')[0]}`
  const { json, type } = formatValue(outcome.value)
  return `${json} ${type}`
}

describe('operators', () => {
  it.each([
    ['1 + 2 * 3', '7 int'],
    ['7 / 2', '3.5 float'],
    ['-7 % 4', '-3 int'],
    ['2 ** 3 ** 2', '512 float'],
    ['-2 ** 2', '-4 float'],
    ['9223372036854775807 + 1', '-9223372036854775808 int'],
    ['0x1F + 1_000', '1031 int'],
    ['1 == 1.0', 'true bool'],
    ['1 < 2 < 3', 'true bool'],
    ['3 > 2 > 5', 'false bool'],
    ['not true or true', 'true bool'],
    ['"b" > "a" and "10" < "9"', 'true bool'],
    ['"a" in ["a", "b"]', 'true bool'],
    ['"x" not in {"a": 1}', 'true bool'],
    ['nil ?? "d"', '"d" string'],
    ['"wf-1" startsWith "wf" && "wf-1" contains "-"', 'true bool'],
    ['"abc" matches "^[a-c]+$"', 'true bool'],
    ['n == "7" ? "yes" : "no"', '"yes" string'],
    ['if n == "8" { 1 } else if n == "7" { 2 } else { 3 }', '2 int'],
    ['let x = 2; let y = x + 1; x * y', '6 int'],
    ['[1, 2] == [1.0, 2.0]', 'true bool'],
    ['1..4', '[1,2,3,4] array'],
  ])('%s gives %s', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })

  it.each([
    ['"1" == 1', 'error: invalid operation: == (mismatched types string and int) (1:5)'],
    ['1 + "a"', 'error: invalid operation: + (mismatched types int and string) (1:3)'],
    ['1 % 0', 'error: integer divide by zero (1:3)'],
    ['"a" matches "("', 'error: error parsing regexp: missing closing ): `(` (1:5)'],
    [
      '1 ?? 2 + 3',
      'error: Operator (+) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses. (1:8)',
    ],
  ])('%s is refused as Argo refuses it', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })
})

describe('members', () => {
  it.each([
    ['m.a.b', '"x" string'],
    ['m["a"].b', '"x" string'],
    ['workflow.name', '"wf" string'],
    ["steps['a-b'].status", '"Failed" string'],
    ['m?.missing?.deep', 'null nil'],
    ['list[-1]', '3 float'],
    ['list[1:]', '[2,3] array'],
    ['"hello"[1:3]', '"el" string'],
    ['$env.n', '"7" string'],
    ['{"a": {"b": 2}}.a.b', '2 int'],
    ['get(m, "zz")', 'null nil'],
    ['m.missing.deep', 'error: cannot fetch deep from <nil> (1:11)'],
    ['list[9]', 'error: index out of range: 9 (array length is 3) (1:5)'],
    ['n.x', 'error: type string has no field x (1:3)'],
    ['unknown', 'error: unknown name unknown (1:1)'],
  ])('%s gives %s', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('%s is no name of its own', (name) => {
    expect(result(name)).toBe(`error: unknown name ${name} (1:1)`)
    expect(result(`m["${name}"]`)).toBe('null nil')
    expect(result(`{"${name}": 5}["${name}"]`)).toBe('5 int')
  })
})

describe('errors', () => {
  it('point at their place in the line', () => {
    const outcome = evaluateExpression(compileExpression('1 +\n  nope * 2'), scope)
    expect(outcome).toEqual({ ok: false, error: 'unknown name nope (2:3)\n |   nope * 2\n | ..^', phase: 'types' })
  })

  it.each([
    ['1 +', 'error: unexpected token EOF (1:3)'],
    ['"a', 'error: literal not terminated (1:3)'],
    ['a.', 'error: expected name (1:2)'],
    ['', 'error: unexpected token EOF'],
  ])('%s does not parse', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })
})

describe('conditions', () => {
  it('must give a bool', () => {
    expect(evaluateCondition('n == "7"', scope)).toEqual({ ok: true, value: true })
    expect(evaluateCondition('n', scope)).toEqual({
      ok: false,
      error: "unable to cast expression result '7' to bool",
    })
  })

  it('say which expression failed while running', () => {
    const verdict = evaluateCondition('asInt("x") > 1', scope)
    expect(verdict.ok ? '' : verdict.error).toMatch(
      /^unable to evaluate expression 'asInt\("x"\) > 1': invalid operation: int\(x\)/,
    )
  })
})

describe('an expression nobody should have written', () => {
  it.each([
    ['all(1..999, all(1..500, all(1..500, # > 0)))', 'budget exceeded'],
    ["reduce(1..100, #acc + #acc, 'aaaaaaaaaaaaa')", 'memory budget exceeded'],
    ['reduce(1..60, concat(#acc, #acc), [1])', 'memory budget exceeded'],
    ["sprig.repeat(1000000000, 'ab')", 'memory budget exceeded'],
    ['sprig.until(100000000)', 'memory budget exceeded'],
    [`${'toJson('.repeat(60)}'"'${')'.repeat(60)}`, 'memory budget exceeded'],
    [`${'('.repeat(5000)}1${')'.repeat(5000)}`, 'nested too deeply'],
    [`n${'.b'.repeat(4900)}`, 'nested too deeply'],
    [`1${'+1'.repeat(9000)}`, 'exceeds maximum allowed nodes'],
    [
      `let a = [1,1,1,1,1,1,1,1,1]; ${'bcdefgh'.replace(/./g, (c) => `let ${c} = [${Array(9).fill(String.fromCharCode(c.charCodeAt(0) - 1))}]; `)} toJson(h)`,
      'step budget exceeded',
    ],
  ])('ends soon: %#', (source, wanted) => {
    expect(result(source)).toContain(wanted)
  })

  it('matches in linear time', () => {
    expect(result(`"${'a'.repeat(5_000)}" matches "(a*)*b"`)).toBe('false bool')
  })
})

describe('any text', () => {
  const words = ['n', 'list', 'm', '.a', '[0]', '1', '2.5', '"s"', '+', '==', '(', ')', 'map(', '#', '|', '?', ':', 'not ', 'in ', 'let x = ', ';', '??', '{', '}', ',', 'len(', '..', '🐳'] // prettier-ignore
  it('compiles and runs without throwing', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((w) => w.join('')),
    )
    fc.assert(
      fc.property(texts, (source) => {
        const outcome = evaluateExpression(compileExpression(source), scope)
        expect(typeof outcome.ok).toBe('boolean')
      }),
      { numRuns: 1_000 },
    )
  })

  it('is what a quoted literal of it evaluates to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const outcome = evaluateExpression(compileExpression(JSON.stringify(text)), scope)
        expect(outcome).toEqual({ ok: true, value: text.toWellFormed() })
      }),
    )
  })
})
