import { expect, it } from 'vitest'
import { withExitStatus } from './exit.ts'

const frame = (text: string) => ({ stream: 2 as const, stamp: '2026-01-01T00:00:00Z', content: Buffer.from(text) })
const texts = (frames: readonly { readonly content: Buffer }[]) => frames.map(({ content }) => content.toString())

it('the log of a command that failed ends with its exit status, once', () => {
  const once = withExitStatus([frame('words\n')], 3, 0)
  expect(texts(once)).toEqual(['words\n', 'Error: exit status 3\n'])
  expect(withExitStatus(once, 3, 0)).toEqual(once)
})

it('arguments that the kernel does not take are told as of Argo’s wrapper, which then says no more', () => {
  const frames = withExitStatus([frame('exec /sbin/docker-init: invalid argument\n')], 1, 0)
  expect(texts(frames)).toEqual(['exec /var/run/argo/argoexec: invalid argument\n'])
})
