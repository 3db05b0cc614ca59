import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { answerLine, evaluateBatch } from './batch.ts'
import { explain } from './explain.ts'

it('answers every line in order, bad ones too', async () => {
  const lines = [
    '{"kind":"when","input":"1 < 2"}',
    'not json',
    '{"kind":"nope"}',
    '{"kind":"duration","parser":"go","input":"1s"}',
  ]
  const output = new PassThrough()
  const all = text(output)
  await evaluateBatch(Readable.from([lines.join('\n').slice(0, 40), `${lines.join('\n').slice(40)}\n`]), output)
  output.end()
  const answers = (await all)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(answers.map((answer) => answer['value'] ?? 'error')).toEqual([
    true,
    'error',
    'error',
    { ns: '1000000000', text: '1s' },
  ])
})

it('does not take U+2028 inside a case for the end of a line', () => {
  expect(answerLine('{"kind":"expr","input":"len(\\"a\u2028b\\")"}')).toBe('{"value":3,"type":"int"}')
})

it('keeps the digits of large integers', () => {
  expect(answerLine('{"kind":"expr","input":"9007199254740993 + 0"}')).toContain('9007199254740993')
})

it('shows how an expression was read', () => {
  expect(
    explain({ kind: 'depends', task: 'this', depends: 'a && b.Failed', tasks: { a: { phase: 'Succeeded' }, b: {} } })
      .text,
  ).toContain('(a.Succeeded || a.Skipped || a.Daemoned) && b.Failed')
  expect(explain({ kind: 'expr', input: '1 +' })).toMatchObject({ ok: false })
})
