import { expect, it } from 'vitest'
import { kubernetesJsonPath } from './evaluate.ts'

const document = {
  kind: 'Job',
  items: [
    { name: 'a', v: 1, tags: ['x'] },
    { name: 'b', v: 2.5, tags: [] },
  ],
  meta: { 'a.b': 'dotted', none: null },
}

it.each([
  ['{.kind}-{.nope}', 'Job-'],
  ['{.items[*].name}', 'a b'],
  ['{.items[-1].name}', 'b'],
  ['{.items[?(@.v==2.5)].name}', 'b'],
  ['{.items[?(@.name=="a")]}', '{"name":"a","tags":["x"],"v":1}'],
  ['{range .items[*]}{.name}={.v}{"\\n"}{end}done', 'a=1\nb=2.5\ndone'],
  ['{.meta.a\\.b} {.meta.none}', 'dotted null'],
  ['{.meta..none}', 'null'],
  ['plain', 'plain'],
])('%s prints %s', (template, text) => {
  expect(kubernetesJsonPath(document, template)).toEqual({ ok: true, value: text })
})

it.each([
  ['{.items[5].name}', 'array index out of bounds: index 5, length 2'],
  ['{.items[?(@.v==1)].name}', 'incompatible types for comparison'],
  ['{kind}', 'unrecognized identifier kind'],
  ['{.items[', 'unterminated array'],
  ['{.kind', 'unclosed action'],
])('%s is refused: %s', (template, error) => {
  expect(kubernetesJsonPath(document, template)).toEqual({ ok: false, error })
})
