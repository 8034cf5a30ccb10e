export type { Emulator, EmulatorImages } from './emulator.ts';
export type { Fault, FaultHandle, FaultReport, Faults } from './faults.ts';
export type { EmulatorImage, ImageStatus } from './image-record.ts';
export type { ImageMimeType } from './image-types.ts';
export type { EmulatorOptions } from './options.ts';
export type { EmulatorRequest, RouteName } from './request-log.ts';
export { startEmulator } from './start-emulator.ts';
