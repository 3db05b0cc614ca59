/** What a queue's workers have in hand, from the moments at which keys were taken and done. */
export class WorkInProgress {
  #takenAt: number[] = []

  taken(nowMs: number): void {
    this.#takenAt.push(nowMs)
  }
  /** Of several in hand, the one that was taken as long ago as the work took. */
  done(nowMs: number, workedMs: number): void {
    const begun = nowMs - workedMs
    const distances = this.#takenAt.map((at) => Math.abs(at - begun))
    const nearest = distances.indexOf(Math.min(...distances))
    if (nearest >= 0) this.#takenAt.splice(nearest, 1)
  }

  get count(): number {
    return this.#takenAt.length
  }
  oldestMs(nowMs: number): number {
    return this.#takenAt.length === 0 ? 0 : nowMs - Math.min(...this.#takenAt)
  }
  sumMs(nowMs: number): number {
    return this.#takenAt.reduce((sum, at) => sum + nowMs - at, 0)
  }
}
