import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const CopyIcon = () => (
  <Icon>
    <rect x="7" y="7" width="9.5" height="9.5" rx="2" />
    <path d="M13 4.5A1.5 1.5 0 0 0 11.5 3h-7A1.5 1.5 0 0 0 3 4.5v7A1.5 1.5 0 0 0 4.5 13" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m4 10.5 4 4 8-9" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.5" />
    <path d="M10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M15.7 4.300l-1.1 1.100M5.4 14.600l-1.1 1.1" />
  </Icon>
);
export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 12.200A7 7 0 0 1 7.8 3.500a7 7 0 1 0 8.7 8.700Z" />
  </Icon>
);
export const AlertIcon = () => (
  <Icon>
    <path d="M10 3 2.5 16.500h15L10 3ZM10 8.500v3.500M10 14.400v.1" />
  </Icon>
);
export const WalletIcon = () => (
  <Icon>
    <path d="M3 6.500A2.5 2.5 0 0 1 5.5 4H14v3M3 6.500V14a2.5 2.5 0 0 0 2.5 2.500H15A2 2 0 0 0 17 14.500V9a2 2 0 0 0-2-2H5" />
    <path d="M13.5 11.800v.1" />
  </Icon>
);
export const LogoMark = () => (
  <svg class="logo-mark" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
    <rect width="32" height="32" rx="9" />
    <path d="M16 6.5 24.2 11.200v9.600L16 25.5 7.8 20.800v-9.600z" />
    <circle cx="16" cy="16" r="3.4" />
  </svg>
);
