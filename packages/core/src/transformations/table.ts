// biome-ignore-all lint/style/noExcessiveLinesPerFile: a table, as long as the service has transformations
/**
 * Every transformation of the service under its canonical name, in URL order: its aliases
 * and its values. The type of the options, the URL builder and the query parser all come from this table.
 */
export const TRANSFORMATIONS = {
  /** Brightness, saturation and colour in one: `1` leaves each as it is. */
  adjust: {
    aliases: ['a'],
    value: {
      fields: { brightness: 'factor', saturation: 'factor', color: 'factor' },
      forms: ['brightness[:saturation?[:color?]]'],
    },
  },
  /** The colour behind transparent parts and around a contained image. */
  background: { aliases: ['bg'], value: 'color' },
  /** How opaque that colour is, from 0 to 1. */
  background_alpha: { aliases: ['bga'], value: 'alpha' },
  /** Gaussian blur: `true`, or a sigma from 0.3 to 100. The service reads `1` as `true`. */
  blur: { aliases: ['bl'], value: ['flag', 'sigma'] },
  /** A factor from 0.01 to 10. */
  brightness: { aliases: ['br'], value: 'factor' },
  /** The chroma subsampling of a JPEG. */
  chroma_subsampling: { aliases: [], value: 'chroma' },
  /** The colour profile to convert to, or to keep. */
  color_profile: { aliases: ['cp', 'icc'], value: 'profile' },
  /** Tints the whole image. */
  colorize: { aliases: ['col'], value: 'color' },
  /** A factor from 0.01 to 10 around a pivot from 0 to 255. */
  contrast: {
    aliases: ['co'],
    value: {
      fields: { multiplier: 'factor', pivot: 'channel' },
      forms: ['multiplier[:pivot]'],
      required: ['multiplier'],
    },
  },
  /** A part of the image, in pixels: at a point `x`, `y`, or placed by gravity. */
  crop: {
    aliases: ['c'],
    value: [
      {
        fields: { width: 'pixels', height: 'pixels', gravity: 'gravity' },
        forms: ['width:height[:gravity]'],
        dropsEmptyEnd: true,
        required: ['width', 'height'],
        excludes: ['x', 'y'],
      },
      {
        fields: {
          mode: 'extract',
          x: 'origin',
          y: 'origin',
          width: 'pixels',
          height: 'pixels',
          gravity: 'gravity',
        },
        forms: ['x:y:width:height[:gravity]'],
        dropsEmptyEnd: true,
        required: ['x', 'y', 'width', 'height'],
        constants: { mode: 'extract' },
      },
    ],
  },
  /** The density to write into the file, in dots per inch, from 1 to 600. */
  dpi: { aliases: [], value: 'density' },
  /** Device pixels per CSS pixel, from 0.01 to 8. */
  dpr: { aliases: [], value: 'pixelRatio' },
  /** Maps shadows to one colour and highlights to another. */
  duotone: {
    aliases: ['dt'],
    value: {
      fields: { shadowColor: 'color', highlightColor: 'color' },
      forms: ['shadowColor:highlightColor'],
      required: ['shadowColor', 'highlightColor'],
    },
  },
  /** Whether a small image may be scaled up. */
  enlarge: { aliases: ['el'], value: 'boolean' },
  /** Pixels to add at each side, and their colour. */
  extend: {
    aliases: ['ex'],
    value: {
      fields: { top: 'margin', right: 'margin', bottom: 'margin', left: 'margin', background: 'color' },
      forms: ['top[:right[:bottom[:left[:background]]]]'],
    },
  },
  /** The aspect ratio to extend the canvas to: `1.5`, `'3:2'` or an object. */
  extend_aspect_ratio: {
    aliases: ['exar', 'extend_ar'],
    value: [
      'aspect',
      { fields: { height: 'side', width: 'side' }, forms: ['width:height'], required: ['height', 'width'] },
      { fields: { ratio: 'aspect' }, aliases: { aspectRatio: 'ratio' }, writes: 'form' },
    ],
  },
  /** Mirrors the image. */
  flip: {
    aliases: ['fl'],
    value: [
      'direction',
      {
        fields: { horizontal: 'boolean', vertical: 'boolean' },
        forms: ['horizontal:vertical'],
        writes: 'direction',
      },
    ],
  },
  /** The format of the response; `auto`, also the default, negotiates it from `Accept`. */
  format: { aliases: ['f', 'ext', 'extension'], value: 'format' },
  /** Lays a gradient over the image; the angle is in degrees from -360 to 360. */
  gradient: {
    aliases: ['gr'],
    value: {
      fields: { colors: 'colors', angle: 'turn', opacity: 'alpha', blend: 'text' },
      forms: ['colors[:angle?[:opacity?[:blend]]]'],
      dropsEmptyEnd: true,
    },
  },
  /** Which part stays when the image is cut. */
  gravity: { aliases: ['g'], value: ['gravity', 'smart'] },
  /** Pixels, from 1 to 8192. */
  height: { aliases: ['h'], value: 'pixels' },
  /** Turns the colours, in degrees. */
  hue: { aliases: ['hu'], value: 'number' },
  /** Keeps the copyright notice when metadata is stripped. */
  keep_copyright: { aliases: ['kcr'], value: 'boolean' },
  /** A factor from 0.01 to 10. */
  lightness: { aliases: ['l'], value: 'factor' },
  /** Pixels, from 1 to 8192. */
  'min-height': { aliases: ['mh', 'min_height'], value: 'pixels' },
  /** Pixels, from 1 to 8192. */
  'min-width': { aliases: ['mw', 'min_width'], value: 'pixels' },
  /** Shades of grey, or of one colour. */
  monochrome: { aliases: ['mc'], value: ['flag', 'color'] },
  /** Inverts the colours, with or without the alpha channel. */
  negate: {
    aliases: ['neg'],
    value: ['flag', { fields: { alpha: 'boolean' }, forms: ['alpha'], prefix: 'alpha:', writes: 'form' }],
  },
  /** Stretches the luminance, between two percentiles from 0 to 100. */
  normalize: {
    aliases: ['norm', 'normalise'],
    value: [
      'boolean',
      {
        fields: { lower: 'percent', upper: 'percent' },
        forms: ['lower:upper'],
        required: ['lower', 'upper'],
        ascending: true,
        writes: 'form',
      },
    ],
  },
  /** Pixels of background around the image. */
  padding: {
    aliases: ['pd'],
    value: {
      fields: {
        all: 'margin',
        x: 'margin',
        y: 'margin',
        top: 'margin',
        right: 'margin',
        bottom: 'margin',
        left: 'margin',
      },
      forms: ['all', 'x:y', 'top:x:bottom', 'top:right:bottom:left'],
    },
  },
  /** The side of the squares, from 2 to 256 pixels. */
  pixelate: { aliases: ['pix'], value: 'square' },
  /** Whether the file renders progressively. */
  progressive: { aliases: [], value: ['auto', 'boolean'] },
  /** From 1 to 100, or `auto`. */
  quality: { aliases: ['q'], value: ['auto', 'quality'] },
  /** The kernel that computes the pixels of a resized image. */
  resizing_algorithm: { aliases: ['ra'], value: 'algorithm' },
  /** How the image is fitted into width and height. */
  resizing_type: { aliases: [], value: 'resizing' },
  /** Whole degrees, and the colour of the corners. */
  rotate: {
    aliases: ['rot'],
    value: {
      fields: { angle: 'integer', background: 'color' },
      forms: ['angle[:background]'],
      required: ['angle'],
    },
  },
  /** A factor from 0.01 to 10. */
  saturation: { aliases: ['sa'], value: 'factor' },
  /** `true`, a sigma above 0, or the parameters of the mask. The service reads `1` as `true`. */
  sharpen: {
    aliases: ['sh'],
    value: [
      'flag',
      'strengthAboveZero',
      {
        fields: {
          sigma: 'strength',
          m1: 'number',
          m2: 'number',
          x1: 'number',
          y2: 'number',
          y3: 'number',
          flat: 'number',
          jagged: 'number',
        },
      },
    ],
  },
  /** Whether the colour profile is left out of the file. */
  strip_color_profile: { aliases: ['scp'], value: 'boolean' },
  /** Whether EXIF and the like are left out of the file. */
  strip_metadata: { aliases: ['sm'], value: 'boolean' },
  /** Another image of the same environment, by its id. */
  watermark: {
    aliases: ['wm'],
    value: {
      fields: {
        image_id: 'id',
        gravity: 'gravity',
        x: 'integer',
        y: 'integer',
        opacity: 'alpha',
        blend: 'text',
      },
      forms: ['image_id[:gravity?[:x?[:y]]]'],
      dropsEmptyEnd: true,
      required: ['image_id'],
      aliases: { imageId: 'image_id' },
    },
  },
  /** Where the watermark goes, in pixels from its gravity. */
  watermark_position: {
    aliases: ['wmp', 'watermark_offset'],
    value: {
      fields: {
        gravity: 'gravity',
        x: 'integer',
        y: 'integer',
        left: 'integer',
        top: 'integer',
        opacity: 'alpha',
        blend: 'text',
      },
      forms: ['gravity[:x?[:y?[:opacity?[:blend]]]]'],
      dropsEmptyEnd: true,
    },
  },
  /** Whole degrees, and the colour of the corners. */
  watermark_rotate: {
    aliases: ['wmr', 'wm_rot'],
    value: {
      fields: { angle: 'integer', background: 'color' },
      forms: ['angle[:background]'],
      required: ['angle'],
    },
  },
  /** `true`, or colour, blur (a sigma from 0.3 to 100) and offset in pixels. */
  watermark_shadow: {
    aliases: ['wmsh'],
    value: [
      'flag',
      {
        fields: { color: 'color', blur: 'sigma', x: 'integer', y: 'integer' },
        forms: ['color[:blur?[:x?[:y]]]'],
        dropsEmptyEnd: true,
      },
    ],
  },
  /** Pixels, and a factor from 0.01 to 10. */
  watermark_size: {
    aliases: ['wms'],
    value: {
      fields: { width: 'pixels', height: 'pixels', scale: 'factor' },
      forms: ['width?[:height?[:scale?]]'],
    },
  },
  /** A text of at most 2048 characters, or a text with its looks. */
  watermark_text: {
    aliases: ['wmt'],
    value: [
      'watermarkText',
      {
        fields: {
          text: 'watermarkText',
          font: 'text',
          size: 'fontSize',
          color: 'color',
          width: 'pixels',
          height: 'pixels',
          align: 'text',
          gravity: 'gravity',
          x: 'integer',
          y: 'integer',
          left: 'integer',
          top: 'integer',
          opacity: 'alpha',
          blend: 'text',
        },
        required: ['text'],
      },
    ],
  },
  /** An image at a public https URL. */
  watermark_url: { aliases: ['wmu'], value: 'url' },
  /** Pixels, from 1 to 8192. */
  width: { aliases: ['w'], value: 'pixels' },
  /** A factor from 1 to 10, towards a gravity. */
  zoom: {
    aliases: ['z'],
    value: {
      fields: { factor: 'zoom', gravity: 'gravity' },
      forms: ['factor[:gravity]'],
      required: ['factor'],
      writes: 'form',
    },
  },
} as const;
