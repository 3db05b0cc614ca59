import { describe, expect, it } from 'vitest'
import type { Clock, Random } from '../resources/index.ts'
import { instant } from '../resources/index.ts'
import { EventFeed, eventsKeptMax } from './event-feed.ts'

const clock: Clock = { now: () => instant(1_000), sleep: () => Promise.resolve() }
const random: Random = { next: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000000' }
const eventOf = (message: string) => ({
  namespace: 'default',
  type: 'Normal' as const,
  reason: 'WorkflowRunning',
  message,
  involved: { kind: 'Workflow', name: 'wf' },
})

describe('the event feed', () => {
  it('makes an event whole only when somebody reads it', () => {
    const feed = new EventFeed({ clock, random })
    let made = 0
    const make = () => {
      made += 1
      return eventOf('began')
    }
    feed.add(make)
    expect(made).toBe(0)
    expect(feed.recent('default')).toMatchObject([{ message: 'began', at: 1_000, name: 'wf.0000000000000001' }])
    expect(feed.recent('other')).toEqual([])
  })

  it('tells a listener the event that readers see later', () => {
    const feed = new EventFeed({ clock, random })
    const heard: unknown[] = []
    const watching = feed.watch((event) => heard.push(event))
    feed.add(() => eventOf('began'))
    watching.close()
    feed.add(eventOf('ended'))
    expect(heard).toEqual(feed.recent('').slice(0, 1))
    expect(feed.isHeard).toBe(false)
  })

  it('keeps the newest', () => {
    const feed = new EventFeed({ clock, random })
    for (let at = 0; at < eventsKeptMax * 2; at += 1) feed.add(eventOf(String(at)))
    expect(feed.recent('').at(-1)?.message).toBe(String(eventsKeptMax * 2 - 1))
    expect(feed.recent('').length).toBeLessThanOrEqual(eventsKeptMax * 1.5)
  })
})
