import { describe, expect, it } from 'vitest'
import { runJq } from './run.ts'

const document = { a: null, b: [1, 2, 3], s: 'x <y>' }

describe('a jq filter', () => {
  it.each([
    ['.b[]', '1\n2\n3'],
    ['.s', 'x <y>'],
    ['{s}', '{"s":"x \\u003cy\\u003e"}'],
    ['[.b[] | select(. > 1)] | add', '5'],
    ['.b |= map(. * 2) | .b[1:]', '[4,6]'],
    ['(.b[] | select(. == 2)) |= empty | .b', '[1,3]'],
    ['del(.b[0, -1]) | .b', '[2]'],
    ['[paths]', '[["a"],["b"],["b",0],["b",1],["b",2],["s"]]'],
    ['. as {b: [$x, $y]} | "\\($x + $y)"', '3'],
    ['[.[] as [$x] ?// $x | $x]', '[null,1,"x \\u003cy\\u003e"]'],
    ['reduce .b[] as $n (0; . + $n)', '6'],
    ['[foreach .b[] as $n (0; . + $n; [$n, .])]', '[[1,1],[2,3],[3,6]]'],
    ['def f(g; $n): [g, $n]; f(.b[0]; 7)', '[1,7]'],
    ['first(range(10; 0; -3)), [limit(2; repeat(1))]', '10\n[1,1]'],
    ['0 | until(. > 20000; . + 1)', '20001'],
    ['[label $out | 1, break $out, 2]', '[1]'],
    ['try error({why: "x"}) catch .why', 'x'],
    ['.b.c? // "none"', 'none'],
    ['"a1b22" | [scan("[0-9]+")], gsub("(?<d>[0-9])"; "<\\(.d)>")', '["1","22"]\na<1>b<2><2>'],
    ['123456789012345678901234567890 + 1', '123456789012345678901234567891'],
    ['1 / 3, 6 / 2, 7 % 3', '0.3333333333333333\n3\n1'],
    ['"2024-05-06T07:08:09Z" | fromdate | todate', '2024-05-06T07:08:09Z'],
    ['[.b[] | tojson] | @csv, @sh', '"1","2","3"\n\'1\' \'2\' \'3\''],
    ['"1.50" | fromjson', '1.50'],
    ['[splits("x"; null)]?', ''],
    ['tostream | select(length == 1) | tojson', '[["b",2]]\n[["s"]]'],
    ['with_entries(select(.key == "a"))', '{"a":null}'],
  ])('%s gives %s', (filter, text) => {
    expect(runJq(filter, document)).toEqual({ ok: true, value: text })
  })

  it.each([
    ['.s.x', 'expected an object but got: string ("x <y>")'],
    ['nope(1)', 'function not defined: nope/1'],
    ['if false then $x else . end', 'variable not defined: $x'],
    ['.[', 'unexpected EOF'],
    ['.a b', 'unexpected token "b"'],
    ['nan', 'json: unsupported value: NaN'],
    ['path(1 | .a)', 'expected an object but got: number (1)'],
    ['path(.b | map(.))', 'invalid path against: array ([1,2,3])'],
    ['now', 'now is not known here'],
    ['import "m" as m; .', 'cannot load module: "m"'],
  ])('%s is refused: %s', (filter, error) => {
    expect(runJq(filter, document)).toEqual({ ok: false, error })
  })

  it('takes the clock from outside', () => {
    expect(runJq('now', null, { now: new Date(1500) })).toEqual({ ok: true, value: '1.5' })
  })

  it.each([
    'def f: f; f',
    'def f: 1 + f; f',
    '[range(infinite)]',
    'last(repeat(1))',
    'reduce range(60) as $i ([0]; . + .)',
    'reduce range(60) as $i ("x"; . + .)',
    'reduce range(60) as $i (0; [., .]) | tojson',
    'reduce range(60) as $i (0; [., .]) | . == .',
    '[range(10000) | [] | .[99999] = 1]',
  ])('%s is stopped', (filter) => {
    expect(runJq(filter, null, { limits: { stepsMax: 200_000, depthMax: 1_000 } })).toMatchObject({ ok: false })
  })

  it('changes many places without copying the whole each time', () => {
    expect(runJq('[range(50000)] | .[] |= . + 1 | length', null)).toEqual({ ok: true, value: '50000' })
  })

  it('does not change what a filter has kept of an earlier state', () => {
    expect(
      runJq('{a: {b: 1}} | (.a.b, .a, .a.b) |= (if type == "object" then {b: 5, old: .} else . + 1 end)', null),
    ).toEqual({
      ok: true,
      value: '{"a":{"b":6,"old":{"b":2}}}',
    })
  })
})
