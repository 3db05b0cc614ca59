// Sprig's functions on slash-separated paths, as Go's path package has them; Argo runs on Linux, so `os…` are the same.

import type { Group } from './table.ts'

/** The shortest path that means the same, without looking at any file. */
function clean(path: string): string {
  const isRooted = path.startsWith('/')
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop()
    else if (part !== '..' || !isRooted) out.push(part)
  }
  return (isRooted ? '/' : '') + out.join('/') || '.'
}

function base(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

const dir = (path: string): string => clean(path.slice(0, path.lastIndexOf('/') + 1))

function ext(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  return dot < 0 ? '' : name.slice(dot)
}

const isAbs = (path: string): boolean => path.startsWith('/')

export const pathFunctions: Group = () => ({
  base: ['(string) string', base],
  dir: ['(string) string', dir],
  clean: ['(string) string', clean],
  ext: ['(string) string', ext],
  isAbs: ['(string) bool', isAbs],
  osBase: ['(string) string', base],
  osClean: ['(string) string', clean],
  osDir: ['(string) string', dir],
  osExt: ['(string) string', ext],
  osIsAbs: ['(string) bool', isAbs],
})
