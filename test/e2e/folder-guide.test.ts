/** The commands of docs/folder.md, one after the other, as somebody would type them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Guide } from '../guide.ts'

let guide: Guide
beforeAll(async () => {
  guide = await Guide.open('folder')
})
afterAll(() => guide.remove())

/** When what the first blocks put into the folder has been seen. */
const seen = [
  `grep -q 'state: Admitted' manifests/.status/hello.yaml`,
  `[ "$(drydock list | grep -c ^hello-)" = 2 ]`,
  `drydock list --refused | grep -q bad.yaml`,
]

it('are fine, and say what the guide says', async () => {
  const [first = '', ...others] = guide.blocksOf('sh')
  const log = await guide.up(first)
  guide.environment['DRYDOCK_URL'] = /"api":"([^"]+)"/.exec(log)?.[1] ?? ''
  const said: string[] = []
  for (const [index, text] of others.entries()) {
    const isSeen = seen[index]
    // Two seconds are enough for somebody who types, and not for a machine that does much else.
    said.push(
      await guide.type(isSeen === undefined ? text : text.replace('sleep 2', `until ${isSeen}; do sleep 0.2; done`)),
    )
  }
  const [dropped = '', edited = '', refused = '', deleted = ''] = said
  expect(said).toHaveLength(4)
  expect(dropped).toContain('hello from a folder')
  expect(dropped).toContain('state: Admitted')
  expect(edited).toContain('good bye from a folder')
  expect(edited.match(/^hello-\S+ +Succeeded/gm)).toHaveLength(2)
  expect(refused).toContain('bad.yaml')
  expect(refused).toContain('entripoint')
  expect(deleted.match(/^hello-\S+ +Succeeded/gm)).toHaveLength(2)
})
