/**
 * What Holdfast tells about the visitor's device, in words for the visitor.
 * @module
 */
import type { DeviceNotice } from "holdfast/remember-me";
import { type Html, html } from "./html.ts";

interface NoticeText {
  /** Shown once, on the next page. */
  readonly short: Html;
  readonly title: string;
  /** What happened, and what to do. */
  readonly explanation: Html;
}

export const deviceNotices: Readonly<Record<DeviceNotice, NoticeText>> = {
  resumed: {
    short: html`Welcome back: we remembered this device. <a href="/activity?about=resumed">What does that mean?</a>`,
    title: "This device was remembered",
    explanation: html`<p>When you signed in here, you asked us to keep you signed in. So you came back without a password, to look at your accounts. For anything more we ask for it again.</p>
<p>If others use this device, <strong>sign out</strong>: that forgets it.</p>`,
  },
  theft: {
    short: html`An old cookie of yours was used, so we signed that device out. <a href="/activity?about=theft">What does that mean?</a>`,
    title: "Someone used an old cookie of yours",
    explanation: html`<p>Each time a remembered device comes back, we give it a new secret. Just now an old one was used. So there are two copies: yours, and one that somebody may have stolen from your browser. We cannot tell which of them asked, so we forgot the device and ended everything that came from it.</p>
<p>Sign in again. Then <a href="/password">change your password</a> and look at <a href="/devices">your devices</a>. If you have just restored your browser from a backup, that was the old copy, and all is well.</p>`,
  },
};
