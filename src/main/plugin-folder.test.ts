import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPluginFolder } from './plugin-folder.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-folder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))
const write = (name: string, text: string) => writeFile(join(folder, name), text)

describe('a folder of plugin modules', () => {
  it('is loaded by name, without tests and files that are not modules', async () => {
    await write('b.mjs', "export const metadata = { name: 'b' }\nexport const execute = () => ({})\n")
    await write('a.js', "export default { metadata: { name: 'a' }, execute: async () => ({}), validate: () => [] }\n")
    await write('a.test.js', 'throw new Error("not a plugin")\n')
    await write('_shared.js', 'throw new Error("not a plugin")\n')
    await write('readme.md', 'x')
    const plugins = await loadPluginFolder(folder)
    expect(plugins.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(plugins[0]?.validate).toBeTypeOf('function')
  })

  it.each([
    ['a syntax error', "export const metadata = { name: 'x' }\nexport const y = ;\n", 2, /cannot be loaded/],
    ['an error while it is loaded', '\n\nthrow new Error("boom")\n', 3, /cannot be loaded: boom/],
    ['an import that is not there', "import 'node:fs'\nimport './nope.js'\n", 2, /Cannot find module/],
    ['no metadata', 'export const execute = () => ({})\n', 1, /exports metadata/],
    ['a bad name', "\nexport const metadata = { name: 'a b' }\nexport const execute = 1\n", 2, /not a name: "a b"/],
    [
      'execute that is no function',
      "export const metadata = { name: 'x' }\nexport const execute = 1\n",
      2,
      /execute is not/,
    ],
    ['nothing to do', "export const metadata = { name: 'x' }\n", 1, /exports execute/],
    [
      'half a storage',
      "export const metadata = { name: 'x' }\nexport const artifacts = { open() {}, list() {} }\n",
      2,
      /artifacts\.save is not a function/,
    ],
  ])('is refused for %s, with file and line', async (_what, text, line, message) => {
    await write('bad.mjs', text)
    await expect(loadPluginFolder(folder)).rejects.toMatchObject({
      code: 'PLUGIN',
      message: expect.stringMatching(message) as string,
      at: { file: join(folder, 'bad.mjs'), line },
    })
  })

  it('is refused where two modules have one name', async () => {
    for (const name of ['a.mjs', 'b.mjs'])
      await write(name, "export const metadata = { name: 'same' }\nexport const execute = () => ({})\n")
    await expect(loadPluginFolder(folder)).rejects.toThrow(/the name same is taken by the plugin in .*a\.mjs/)
  })

  it('is refused where it cannot be read', async () => {
    await expect(loadPluginFolder(join(folder, 'nope'))).rejects.toThrow(/cannot be read/)
  })
})
