import { describe, expect, it } from 'vitest'
import { matchesNodeFieldSelector, parseFieldSelector } from './fields.ts'
import { labelSelectorOf, matchesLabelSelector, parseLabelSelector } from './labels.ts'

const node = {
  name: 'wf[0].approve',
  displayName: 'approve',
  phase: 'Running',
  inputs: { parameters: [{ name: 'env', value: 'prod' }] },
}
const labels = { app: 'demo', n: '5', empty: '' }

describe('a node field selector', () => {
  it.each([
    ['displayName=approve,phase!=Failed', true],
    ['inputs.parameters.env.value==prod', true],
    ['inputs.parameters.zone.value=', true],
    ['displayName=a\\,b', false],
    ['', true],
  ])('%s gives %s', (text, matches) => {
    const selector = parseFieldSelector(text)
    expect(selector.ok && matchesNodeFieldSelector(selector.value, node)).toBe(matches)
  })

  it('is refused where there is no operator', () => {
    expect(parseFieldSelector('phase')).toEqual({
      ok: false,
      error: "invalid selector: 'phase'; can't understand 'phase'",
    })
  })
})

describe('a label selector', () => {
  it.each([
    ['app in (demo,x),n', true],
    ['app notin (demo)', false],
    ['!nope,nope!=x', true],
    ['n > 3', true],
    ['empty=', true],
    ['app=demo, n = 6', false],
  ])('%s gives %s', (text, matches) => {
    const selector = parseLabelSelector(text)
    expect(selector.ok && matchesLabelSelector(selector.value, labels)).toBe(matches)
  })

  it('tells what it expected', () => {
    expect(parseLabelSelector('app in demo')).toMatchObject({
      error: "unable to parse requirement: found 'demo' expected: '('",
    })
    expect(parseLabelSelector('app=-x')).toMatchObject({ ok: false })
  })

  it('as an object wants all its parts to hold', () => {
    const selector = labelSelectorOf({
      matchLabels: { app: 'demo' },
      matchExpressions: [{ key: 'n', operator: 'In', values: ['4', '5'] }],
    })
    expect(selector.ok && matchesLabelSelector(selector.value, labels)).toBe(true)
    expect(labelSelectorOf({ matchExpressions: [{ key: 'n', operator: 'Gt' }] })).toMatchObject({ ok: false })
  })
})
