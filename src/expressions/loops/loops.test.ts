import { describe, expect, it } from 'vitest'
import { compileDocument } from '../tags/document.ts'
import { variablesOf } from '../variables.ts'
import { expandLoopStep } from './expand-step.ts'
import { expandItem, itemVariables } from './items.ts'
import { sprintfInteger } from './printf.ts'
import { expandSequence, sequenceItemsMax } from './sequence.ts'

describe('a sequence', () => {
  it.each([
    [{ count: 3 }, ['0', '1', '2']],
    [{ count: '0' }, []],
    [{ start: 2, end: '0' }, ['2', '1', '0']],
    [{ end: 1, format: 'host-%03d' }, ['host-000', 'host-001']],
  ])('%j gives %j', (spec, items) => {
    expect(expandSequence(spec)).toEqual({ ok: true, value: items })
  })

  it('is refused without an end, with a wrong number, and beyond the limit', () => {
    expect(expandSequence({})).toMatchObject({ error: 'neither end nor count was specified in withSequence' })
    expect(expandSequence({ count: 'x' })).toMatchObject({ error: 'strconv.Atoi: parsing "x": invalid syntax' })
    expect(expandSequence({ count: sequenceItemsMax + 1 })).toMatchObject({ ok: false })
  })

  it.each([
    ['%5d|', '    7|'],
    ['%-5d|', '7    |'],
    ['%#x', '0x7'],
    ['%08b', '00000111'],
    ['%s', '%!s(int=7)'],
    ['plain', 'plain%!(EXTRA int=7)'],
    ['%d %d', '7 %!d(MISSING)'],
    ['%', '%!(NOVERB)%!(EXTRA int=7)'],
  ])('formatted by %s shows %s', (format, text) => {
    expect(sprintfInteger(format, 7n)).toBe(text)
  })
})

describe('an item', () => {
  it.each([
    ['a (b)', 's(0:a b)'],
    [{ os: 'linux', ver: 3 }, 's(0:os:linux,ver:3)'],
    [['a b', 1, null], 's(0:[a b 1 null])'],
    [null, 's(0:[])'],
  ])('%j names its node %s', (item, name) => {
    expect(expandItem('s', 0, item)).toBe(name)
  })

  it('gives the parts of a map as texts', () => {
    expect(itemVariables({ b: 'x\n', a: [1] })).toEqual({
      item: '{"a":[1],"b":"x\\n"}',
      'item.a': '[1]',
      'item.b': 'x\\n',
    })
  })

  it('fills a step strictly, unless its when is false already', () => {
    const body = compileDocument({ v: '{{item}} {{nope}}' })
    const scope = variablesOf({})
    expect(expandLoopStep({ name: 's', index: 1, item: 'x', body }, scope)).toEqual({
      ok: false,
      error: 'failed to resolve {{nope}}',
    })
    expect(expandLoopStep({ name: 's', index: 1, item: 'x', body, when: '1 == 2' }, scope)).toEqual({
      ok: true,
      value: { name: 's(1:x)', body: { v: 'x {{nope}}' } },
    })
  })
})
