import type { JSX } from "preact";
import { Modality } from "../generated/rekam/v1/common_pb";

/** What the picture adds to the finger, the eye or the face. */
type Sign = keyof typeof SIGNS;

const arrow = (turn: number) => (
  <g transform={`rotate(${turn} 60 60)`}>
    <path class="sign" d="M60 60h44M92 46l14 14-14 14" />
  </g>
);

const SIGNS = {
  none: null,
  right: arrow(0),
  down: arrow(90),
  left: arrow(180),
  up: arrow(270),
  press: <path class="sign" d="M24 12v34M12 36l12 14 12-14M96 12v34M84 36l12 14 12-14" />,
  lighter: <path class="sign" d="M24 50V16M12 28l12-14 12 14M96 50V16M84 28l12-14 12 14" />,
  drop: <path class="sign sign-full" d="M92 10c11 15 17 23 17 31a17 17 0 0 1-34 0c0-8 6-16 17-31z" />,
  cloth: <path class="sign" d="M72 20l18-10 20 8 4 22-16 12-24-6zM80 24l22 18M78 36l20 8" />,
  turn: <path class="sign" d="M18 44a46 46 0 0 1 84 0M104 20v26H78" />,
  still: <path class="sign" d="M14 30v60M24 40v40M106 30v60M96 40v40" />,
  wait: <path class="sign" d="M60 8a20 20 0 1 1-.1 0M60 16v14l9 6" />,
  other: <path class="sign" d="M18 18l24 24M42 18l-24 24" />,
  light: (
    <path
      class="sign"
      d="M92 26a12 12 0 1 1-.1 0M92 8v10M92 58v10M68 38h-6M122 38h-6M76 20l6 6M108 20l-6 6M76 56l6-6M108 56l-6-6"
    />
  ),
  shade: <path class="sign sign-full" d="M104 40a26 26 0 1 1-24-32 22 22 0 0 0 24 32z" />,
  glasses: <path class="sign" d="M14 18h26v16H14zM80 18h26v16H80zM40 24c8-8 32-8 40 0M10 8l100 38" />,
  nearer: (
    <path
      class="sign"
      d="M10 10l22 22M32 14v18H14M110 10L88 32M88 14v18h18M10 110l22-22M32 106V88H14M110 110L88 88M88 106V88h18"
    />
  ),
  farther: (
    <path
      class="sign"
      d="M32 32L10 10M10 28V10h18M88 32l22-22M110 28V10H92M32 88l-22 22M10 92v18h18M88 88l22 22M110 92v18H92"
    />
  ),
  open: <path class="sign" d="M60 26V6M50 16l10-12 10 12M60 94v20M50 104l10 12 10-12" />,
} satisfies Record<string, JSX.Element | null>;

/** By the gateway's guidance codes; of others the picture shows the part alone. */
const BY_CODE: Readonly<Record<string, Sign>> = {
  too_dry: "drop",
  too_wet: "cloth",
  too_light: "press",
  too_hard: "lighter",
  partial: "press",
  moved: "still",
  dirty_platen: "cloth",
  lifted_early: "wait",
  rotated: "turn",
  move_left: "left",
  move_right: "right",
  move_up: "up",
  move_down: "down",
  latent_only: "cloth",
  not_a_finger: "other",
  same_finger_again: "other",
  wrong_finger: "other",
  wrong_hand: "other",
  extra_fingers: "other",
  hand_turned: "turn",
  eye_too_far: "nearer",
  eye_too_near: "farther",
  eye_moved: "still",
  eye_out_of_focus: "still",
  open_wider: "open",
  lashes_over_iris: "open",
  spectacles: "glasses",
  reflection: "glasses",
  eye_too_dark: "light",
  eye_too_bright: "shade",
  pupil_too_wide: "light",
  pupil_too_small: "shade",
  wrong_eye: "other",
  same_eye_twice: "other",
  face_too_dark: "light",
  face_too_bright: "shade",
  light_from_one_side: "light",
  face_blurred: "still",
  face_moved: "still",
  head_too_small: "nearer",
  head_too_large: "farther",
  head_tilted: "turn",
  eyes_not_seen: "open",
  hold: "still",
  lift: "lighter",
};

/** A picture of what to do; it says nothing that the words beside it do not. */
export function GuidancePicture({ code, modality }: { code: string; modality: Modality }) {
  return (
    <svg class="picture" viewBox="0 0 120 120" aria-hidden="true">
      {modality === Modality.IRIS ? EYE : modality === Modality.FACE ? HEAD : FINGER}
      {SIGNS[BY_CODE[code] ?? "none"]}
    </svg>
  );
}

const FINGER = (
  <g>
    <rect class="glass" x="16" y="84" width="88" height="22" rx="5" />
    <path class="body" d="M42 118V52a18 18 0 0 1 36 0v66z" />
    <path class="line" d="M50 58c0-14 20-14 20 0M54 66c0-10 12-10 12 0M60 64v10" />
  </g>
);
const EYE = (
  <g>
    <path class="body" d="M10 60c24-36 76-36 100 0-24 36-76 36-100 0z" />
    <circle class="glass" cx="60" cy="60" r="22" />
    <circle class="pupil" cx="60" cy="60" r="9" />
  </g>
);
const HEAD = (
  <g>
    <path class="body" d="M18 118c4-26 22-30 42-30s38 4 42 30z" />
    <ellipse class="body" cx="60" cy="54" rx="28" ry="36" />
    <path class="line" d="M46 50h8M66 50h8M50 72c6 6 14 6 20 0" />
  </g>
);
