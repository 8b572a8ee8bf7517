/** A file that pages load: style, script, icon. Its path names its content, so that it may be kept for ever. */
export interface Asset {
  /** `/assets/style.0123456789abcdef.css` */
  readonly path: string
  readonly type: string
  readonly text: string
}
