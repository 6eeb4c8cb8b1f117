/** What a person types to mend something; it differs by platform. */

/** Lets others connect to a TCP port of this machine. */
export function openPort(platform: NodeJS.Platform, port: number): readonly string[] {
  switch (platform) {
    case 'darwin':
      return ['System Settings, Network, Firewall, Options: let node accept incoming connections'];
    case 'win32':
      return [
        `in an administrator's PowerShell: New-NetFirewallRule -DisplayName p2pimg -Direction Inbound -Protocol TCP -LocalPort ${port} -Action Allow`,
      ];
    default:
      return [
        `with ufw: sudo ufw allow ${port}/tcp`,
        `with firewalld: sudo firewall-cmd --permanent --add-port=${port}/tcp && sudo firewall-cmd --reload`,
      ];
  }
}

/** Lets multicast DNS in and out. */
export function openMulticast(platform: NodeJS.Platform): readonly string[] {
  switch (platform) {
    case 'darwin':
      return [
        'System Settings, Privacy & Security, Local Network: allow the program that runs p2pimg (Terminal, node)',
        'System Settings, Network, Firewall, Options: let node accept incoming connections',
      ];
    case 'win32':
      return [
        "in an administrator's PowerShell: Enable-NetFirewallRule -DisplayGroup 'mDNS'",
        'make the network a private one: Settings, Network & internet, its properties',
      ];
    default:
      return [
        'with ufw: sudo ufw allow 5353/udp',
        'with firewalld: sudo firewall-cmd --permanent --add-service=mdns && sudo firewall-cmd --reload',
        'with nftables or iptables (sudo nft list ruleset): accept UDP port 5353 both ways',
      ];
  }
}

/** What is left on a network that carries no multicast. */
export const nameByAddress =
  'or name the peers by their address: --peer host:port, or "peers" in config.json on both sides';

/** Lets a user use the socket of an engine. */
export function useSocket(
  platform: NodeJS.Platform,
  user: string,
  group: string | undefined,
): readonly string[] {
  switch (platform) {
    case 'darwin':
      return [
        'Docker Desktop: Settings, Advanced, Allow the default Docker socket to be used',
        'or run the engine as your own user (colima start)',
      ];
    case 'win32':
      return [`in an administrator's prompt: net localgroup docker-users ${user} /add; then log out and in`];
    default:
      if (group === undefined || group === 'root')
        return [
          `sudo groupadd -f docker && sudo usermod -aG docker ${user} && sudo systemctl restart docker, then log out and in`,
          'or run an engine of your own: dockerd-rootless-setuptool.sh install, or systemctl --user enable --now podman.socket',
        ];
      return [
        `sudo usermod -aG ${group} ${user}, then log out and in (who is in it has root's power over this machine)`,
      ];
  }
}

/** Starts an engine. */
export function startEngine(platform: NodeJS.Platform): readonly string[] {
  switch (platform) {
    case 'darwin':
    case 'win32':
      return ['start Docker Desktop (or Colima, Rancher Desktop, Podman)'];
    default:
      return [
        'sudo systemctl start docker, or systemctl --user start docker for a rootless one',
        'for Podman: systemctl --user enable --now podman.socket',
      ];
  }
}

/** Has a device make itself another key at the next start; it stays in its team. */
export function newIdentity(platform: NodeJS.Platform, file: string): string {
  return platform === 'win32' ? `del "${file}"` : `rm ${/^[\w./-]+$/.test(file) ? file : `'${file}'`}`;
}
