import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileDocument, renderDocument, renderText } from './document.ts'
import { identifiersIn } from './identifiers.ts'
import { tagsOf } from './parse.ts'
import type { TagPolicy } from './render.ts'
import { compileExpression } from '../expr/evaluate.ts'
import { variablesOf } from '../variables.ts'

const keep: TagPolicy = { kind: 'keep' }
const all: TagPolicy = { kind: 'strict', prefixes: 'all' }
const steps: TagPolicy = { kind: 'strict', prefixes: ['steps', 'tasks'], artifactsMayStay: true }

const variables = variablesOf({
  a: '1',
  name: 'a',
  tag: '{{a}}',
  quoted: 'say "hi"\n',
  control: '\u0001',
  number: 5,
  'inputs.parameters.n': '3',
  'steps.skipped.outputs.parameters.p': null,
  'tasks.t-1.status': 'Succeeded',
})
const rendered = (document: unknown, policy: TagPolicy) => renderDocument(compileDocument(document), variables, policy)
const ok = (value: unknown, tagsLeft = false) => ({ ok: true, value, tagsLeft })
const error = (text: string, waits = false) => ({ ok: false, error: text, waits })

describe('simple tags', () => {
  it.each([
    ['{{a}}', ok('1')],
    ['{{ a }}-{{nope}}', ok('1-{{nope}}', true)],
    ['{{quoted}}', ok('say "hi"\n')],
    ['{{tag}}', ok('{{a}}', true)],
    ['{{inputs.parameters.{{name}}}}', ok('{{inputs.parameters.a}}', true)],
    ['a}}', ok('a}}')],
    ['{{control}}', error('cannot finish template replacement because the result was invalid JSON')],
    ['{{number}}', error('failed to resolve {{number}} to string', true)],
    [
      '{{steps.skipped.outputs.parameters.p}}',
      error(
        'unable to substitute {{steps.skipped.outputs.parameters.p}}: output is an absent optional (skipped/omitted node with no default)',
      ),
    ],
    ['{{a', error('Cannot find end tag="}}" in the template="\\"{{a\\"" starting from "a\\""')],
  ])('where unknown ones may stay: %s', (text, wanted) => {
    expect(rendered(text, keep)).toEqual(wanted)
  })

  it.each([
    ['{{nope}}', all, error('failed to resolve {{nope}}', true)],
    ['{{nope}}', steps, ok('{{nope}}', true)],
    ['{{steps.a.outputs.result}}', steps, error('failed to resolve {{steps.a.outputs.result}}', true)],
    ['{{stepsize}}', steps, ok('{{stepsize}}', true)],
    ['{{steps.a.outputs.artifacts.x}}', steps, ok('{{steps.a.outputs.artifacts.x}}', true)],
    [
      '{{steps.a.outputs.artifacts.x}}',
      { ...steps, artifactsMayStay: false },
      error('failed to resolve {{steps.a.outputs.artifacts.x}}', true),
    ],
  ] satisfies [string, TagPolicy, unknown][])('where some must resolve: %s', (text, policy, wanted) => {
    expect(rendered(text, policy)).toEqual(wanted)
  })
})

describe('expression tags', () => {
  it.each([
    ['{{=asInt(inputs.parameters.n) + 1}}', ok('4')],
    ["{{=tasks['t-1'].status}}", ok('Succeeded')],
    ['{{=sprig.list(1, "a")}}', ok('[1,"a"]')],
    ['{{=1.5}} and {{=true}}', ok('1.5 and true')],
    ['{{=quoted}}', ok('say "hi"\n')],
    ['{{=date("2024-01-02")}}', ok('2024-01-02T00:00:00Z')],
    ["{{=steps.zz?.outputs?.result ?? 'd'}}", ok('d')],
    ['{{=nope}}', error('failed to evaluate expression: nope is missing', true)],
    ['{{=nil}}', error('failed to evaluate expression "nil"')],
    ['{{=1 +}}', error('failed to evaluate expression: unexpected token EOF (1:3)\n | 1 +\n | ..^')],
    ['{{={"x": 1}}}', error('failed to evaluate expression: unexpected token EOF (1:7)\n | {"x": 1\n | ......^')],
  ])('where all must resolve: %s', (text, wanted) => {
    expect(rendered(text, all)).toEqual(wanted)
  })

  it.each([
    ['{{=nope}}', ok('{{=nope}}', true)],
    ['{{=item + "x"}}', ok('{{=item + "x"}}', true)],
    ['{{=asInt(name)}}', ok('{{=asInt(name)}}', true)],
    ['{{=1 +}}', error('failed to evaluate expression: unexpected token EOF (1:3)\n | 1 +\n | ..^')],
  ])('where unknown ones may stay: %s', (text, wanted) => {
    expect(rendered(text, keep)).toEqual(wanted)
  })

  it('name the variables they cannot do without', () => {
    const { tree } = compileExpression("(a.b ?? c) + steps['x-y'].z + d?.e.f + map(g, #.h)")
    expect('root' in tree ? identifiersIn(tree.root) : []).toEqual(expect.arrayContaining(['a', 'c', 'd', 'g']))
    expect('root' in tree ? identifiersIn(tree.root) : []).not.toContain('a.b')
  })
})

describe('documents', () => {
  it('are given back as they are if they have no tags', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        fc.pre(!JSON.stringify(document).includes('{{'))
        expect(renderDocument(compileDocument(document), variables, all)).toEqual(ok(document))
        expect(renderDocument(compileDocument(document), variables, all)).toHaveProperty('value', document)
      }),
    )
  })

  it('share the parts without tags with the source', () => {
    const source = { plain: { deep: ['x'] }, with: '{{a}}' }
    const result = renderDocument(compileDocument(source), variables, keep)
    expect(result).toEqual(ok({ plain: { deep: ['x'] }, with: '1' }))
    expect(result.ok && result.value.plain).toBe(source.plain)
    expect(source.with).toBe('{{a}}')
  })

  it('have tags in keys replaced too', () => {
    expect(rendered({ '{{a}}': '{{a}}' }, keep)).toEqual(ok({ '1': '1' }))
  })

  it('keep keys such as __proto__ as plain data', () => {
    const source: unknown = JSON.parse('{"__proto__": {"x": "{{a}}"}, "y": "{{a}}"}')
    const result = rendered(source, keep)
    expect(JSON.stringify(result)).toBe('{"ok":true,"value":{"__proto__":{"x":"1"},"y":"1"},"tagsLeft":false}')
  })

  it('are one JSON text, in which a tag may begin in one string and end in another', () => {
    expect(rendered(['{{a', '}}'], keep)).toEqual(ok(['{{a', '}}'], true))
  })

  it('never make rendering throw', () => {
    const text = fc.array(fc.constantFrom('{{', '}}', '=', 'a', '"', '\\', ' ', 'nope', '+', '\n', '1', '.')).map((p) => p.join('')) // prettier-ignore
    fc.assert(
      fc.property(fc.record({ x: text, y: fc.array(text) }), fc.constantFrom(keep, all, steps), (document, policy) => {
        expect(typeof rendered(document, policy).ok).toBe('boolean')
      }),
      { numRuns: 500 },
    )
  })
})

describe('plain texts', () => {
  it('get values as JSON would hold them', () => {
    expect(renderText('{{quoted}}', variables, keep)).toEqual(ok('say \\"hi\\"\\n'))
    expect(renderText('{{a', variables, keep)).toEqual(
      error('Cannot find end tag="}}" in the template="{{a" starting from "a"'),
    )
  })
})

describe('tags of a text', () => {
  it('are listed with what they hold and where', () => {
    expect(tagsOf('a {{ x }} {{=1}} {{y')).toEqual([
      { kind: 'simple', inner: ' x ', offset: 2 },
      { kind: 'expression', inner: '1', offset: 10 },
    ])
  })
})

describe('variables', () => {
  it('lie in layers, the nearest first', () => {
    const layered = variablesOf({ a: '2', 'x.y': 'near' }, variablesOf({ a: '1', 'x.z': 'far', __proto__: null }))
    expect(renderText('{{a}} {{x.y}} {{x.z}}', layered, all)).toEqual(ok('2 near far'))
    expect(renderText('{{=x.y + x.z}}', layered, all)).toEqual(ok('nearfar'))
    expect([...layered.names()]).toEqual(['a', 'x.y', 'x.z'])
    expect(layered.get('constructor')).toBeUndefined()
  })
})
