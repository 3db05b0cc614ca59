import { expect, it } from 'vitest'
import { Story } from './testing/story.ts'

it('ends as an error when a claim cannot be made', () => {
  const story = new Story({
    entrypoint: 'main',
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }],
    templates: [{ name: 'main', container: { image: 'busybox' } }],
  })
  story.tell({ kind: 'claimFailed', claimName: 'wf-data', message: 'no', transient: false })
  expect(story.run.workflow.status).toMatchObject({ phase: 'Error', message: 'pvc create error: no' })
})
