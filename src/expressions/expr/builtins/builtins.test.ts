import { describe, expect, it } from 'vitest'
import { environmentWithFunctions } from '../environment.ts'
import { compileExpression, evaluateExpression } from '../evaluate.ts'
import type { Outside } from '../values.ts'
import { formatValue } from '../../go-format.ts'
import { variablesOf } from '../../variables.ts'

const outside: Outside = { nowMs: () => Date.UTC(2024, 5, 1), randomBytes: (n) => new Uint8Array(n) }
const scope = environmentWithFunctions(variablesOf({ list: [1, 2, 3], m: { a: 1, b: 'x' } }), outside)

/** JSON text and type of a result, or the first line of its error. */
function result(source: string, world: Outside | null = outside): string {
  const outcome = evaluateExpression(compileExpression(source), scope, world)
  if (!outcome.ok) return `error: ${outcome.error.split('\n')[0]}`
  const { json, type } = formatValue(outcome.value)
  return `${json} ${type}`
}

describe('loops', () => {
  it.each([
    ['map(list, # * 2)', '[2,4,6] array'],
    ['map(1..3, #index)', '[0,1,2] array'],
    ['list | filter(# > 1) | map(string(#)) | join(",")', '"2,3" string'],
    ['reduce(1..4, #acc * #, 1)', '24 int'],
    ['reduce(1..4, #acc + #)', '10 int'],
    ['count(list, # > 1)', '2 int'],
    ['sum([1, 2.5])', '3.5 float'],
    ['find(list, # > 1)', '2 float'],
    ['findLast(list, # < 3)', '2 float'],
    ['findIndex(list, # == 9)', 'null nil'],
    ['sortBy(list, -#)', '[3,2,1] array'],
    ['sortBy([{"k": "b"}, {"k": "a"}], .k, "desc")', '[{"k":"b"},{"k":"a"}] array'],
    ['len(groupBy(list, # > 1)[true])', '2 int'],
    ['all([], false) && none([], true) && !any([], true)', 'true bool'],
    ['one(list, # == 2)', 'true bool'],
    ['map(list, {let y = # + 1; y * y})', '[4,9,16] array'],
    ['map(list, 1; 2)', 'error: wrap predicate with brackets { and } (1:12)'],
    ['filter(1, true)', 'error: builtin filter takes only array (got int) (1:8)'],
    ['filter(list, 1)', 'error: predicate should return boolean (got int) (1:14)'],
  ])('%s gives %s', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })
})

describe('texts, numbers, lists', () => {
  it.each([
    ['trim("  x ")', '"x" string'],
    ['trim("__x_", "_")', '"x" string'],
    ['upper("ß") + lower("ÄB")', '"ßäb" string'],
    ['split("a,b,c", ",", 2)', '["a","b,c"] array'],
    ['replace("aaa", "a", "b", 2)', '"bba" string'],
    ['len("héé")', '3 int'],
    ['indexOf("héllo", "l")', '3 int'],
    ['hasPrefix("abc", "ab")', 'true bool'],
    ['int("12") + int(3.9)', '15 int'],
    ['float("1e3")', '1000 float'],
    ['asInt("12") + 1', '13 int'],
    ['asFloat("1.5") * 2', '3 float'],
    ['string(1.0) + string(true) + string(m)', '"1truemap[a:1 b:x]" string'],
    ['max(1, 2.5)', '2.5 float'],
    ['median([3, 1, 2])', '2 float'],
    ['round(2.5) + floor(-1.5) + ceil(1.2) + abs(-2)', '5 float'],
    ['bitand(6, 3) + bitor(4, 1) + bitxor(6, 3) + bitshl(1, 4)', '28 int'],
    ['uniq([1, 1, 2])', '[1,2] array'],
    ['flatten([[1], [2, [3]]])', '[1,2,3] array'],
    ['concat([1], ["a"])', '[1,"a"] array'],
    ['reverse(1..3)', '[3,2,1] array'],
    ['sort([3, 1, 2], "desc")', '[3,2,1] array'],
    ['take(list, 2)', '[1,2] array'],
    ['first(list) + last(list)', '4 float'],
    ['first([])', 'null nil'],
    ['sort(keys(m))', '["a","b"] array'],
    ['fromPairs([["k", 1]]).k', '1 int'],
    ['toBase64("hi") + fromBase64("aGk=")', '"aGk=hi" string'],
    ['fromJSON("{\\"a\\": [1]}").a[0]', '1 float'],
    ['toJson({"b": 1, "a": [true, nil, "<"]})', '"{\\"a\\":[true,null,\\"\\\\u003c\\"],\\"b\\":1}" string'],
    ['toJSON([1])', '"[\\n  1\\n]" string'],
    ['type(1.5) + type("") + type(nil) + type(list)', '"floatstringnilarray" string'],
    ['asInt("x")', 'error: invalid operation: int(x) (1:1)'],
    ['len(1)', 'error: invalid argument for len (type int) (1:1)'],
    ['upper(1)', 'error: cannot use int as argument (type string) to call upper  (1:7)'],
    ['fromJSON("{")', 'error: unexpected end of JSON input (1:1)'],
  ])('%s gives %s', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })
})

describe('times', () => {
  it.each([
    ['now()', '"2024-06-01T00:00:00Z" time'],
    ['duration("90m")', '5400000000000 duration'],
    ['string(duration("1h30m0.5s"))', '"1h30m0.5s" string'],
    ['duration("1h") > duration("59m")', 'true bool'],
    ['duration("1h30m").Minutes()', '90 float'],
    ['date("2024-02-29").Year()', '2024 int'],
    ['string(date("2024-02-29").Weekday())', '"Thursday" string'],
    ['date("2024-02-29").YearDay()', '60 int'],
    ['date("2024-01-31").AddDate(0, 1, 0).Format("Jan 2")', '"Mar 2" string'],
    ['date("2024-02-29T10:00:00Z") + duration("36h")', '"2024-03-01T22:00:00Z" time'],
    ['date("2024-03-02") - date("2024-02-28") == duration("72h")', 'true bool'],
    ['date("2024-01-01").Before(date("2024-01-02"))', 'true bool'],
    ['date("02.01.2024", "02.01.2006").Format("Mon Jan _2 2006")', '"Tue Jan  2 2024" string'],
    ['date("2024-07-01 10:00:00", "2006-01-02 15:04:05", "Europe/Berlin")', '"2024-07-01T10:00:00+02:00" time'],
    [
      'date("2024-03-31T00:59:59Z").In(timezone("Europe/Berlin")).Format("15:04:05 MST -07:00")',
      '"01:59:59 CET +01:00" string',
    ],
    [
      'date("2024-03-31T01:00:00Z").In(timezone("Europe/Berlin")).Format("15:04:05 MST Z0700")',
      '"03:00:00 CEST +0200" string',
    ],
    [
      'date("2024-03-31T15:04:05.125Z").Format("Monday, 02-Jan-06 3:04PM .000")',
      '"Sunday, 31-Mar-24 3:04PM .125" string',
    ],
    ['date("2024-01-01").Unix()', '1704067200 int'],
    ['date("2024-01-01T10:11:12Z").Truncate(duration("1h")).Minute()', '0 int'],
    ['date("nope")', 'error: invalid date nope (1:1)'],
    ['duration("1x")', 'error: time: unknown unit "x" in duration "1x" (1:1)'],
  ])('%s gives %s', (source, wanted) => {
    expect(result(source)).toBe(wanted)
  })

  it('need a clock to be given', () => {
    expect(result('now()', null)).toMatch(/^error: the time is not known here/)
  })
})

describe('jsonpath', () => {
  const document = `'{"items":[{"n":"a","v":1},{"n":"b","v":2}],"deep":{"v":3},"len":4}'`
  it.each([
    ['$.items[0].n', '"a" string'],
    ['$.items[-1].v', '2 float'],
    ['$.items[*].n', '["a","b"] array'],
    ['$.items[?(@.v > 1)].n', '["b"] array'],
    ['$..v', '[3,1,2] array'],
    ['$.items[0,1].v', '[1,2] array'],
    ['$.items[0:1].v', '[1] array'],
    ["$['deep']['v']", '3 float'],
    ['$.items.length', '2 int'],
    ['$.nope', "error: key: invalid token key 'nope' not found (1:1)"],
    ['$.items[7]', 'error: index: invalid token out of range (1:1)'],
  ])('%s finds %s', (path, wanted) => {
    expect(result(`jsonpath(${document}, "${path}")`)).toBe(wanted)
  })
})
