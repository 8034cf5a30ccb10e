import { type CheckOptions, type CheckResult, toImgwireError } from '@imgwire/core';
import type { ImgwireService } from './imgwire.service.ts';
import { report } from './report.ts';

/** How one check went: `up`, or the code of its error. */
type State = string;

/** The result of a health indicator, as Terminus expects it. */
export type ImgwireHealthResult<Key extends string = string> = Readonly<
  Record<
    Key,
    {
      readonly status: 'up' | 'down';
      /** Imgwire's API, with the key. */
      readonly service: State;
      /** The object storage; absent before the first upload. */
      readonly store?: State;
      /** The temporary folder. */
      readonly folder: State;
    }
  >
>;

/**
 * A health indicator for `@nestjs/terminus` 11 and later, over `ImgwireService.check()`. `ImgwireModule.forRoot()` provides it; for a module
 * with a `name`, make it of its service: `new ImgwireHealthIndicator(service)`. Use it for readiness: it is no reason to restart
 * the process. Its result has codes only; why something is down is logged, with its cause.
 *
 * @example
 * check() { return this.health.check([() => this.imgwire.isHealthy('imgwire')]); }
 */
export class ImgwireHealthIndicator {
  readonly #service: Pick<ImgwireService, 'check'>;

  constructor(service: ImgwireService) {
    this.#service = service;
  }

  /** Never rejects, but for wrong options. */
  async isHealthy<const Key extends string>(
    key: Key,
    options?: CheckOptions,
  ): Promise<ImgwireHealthResult<Key>> {
    const { ok, service, store, folder } = await this.#service.check(options);
    const result = {
      status: ok ? 'up' : 'down',
      service: stateOf(service),
      ...(store && { store: stateOf(store) }),
      folder: stateOf(folder),
    };
    return { [key]: result } as ImgwireHealthResult<Key>;
  }
}

function stateOf({ ok, error }: CheckResult): State {
  if (ok) return 'up';
  report(error);
  return toImgwireError(error)?.code ?? 'down';
}
