//! Which ports of this machine a process is connected from: by them a session of a server is known to be its.

use std::{collections::HashSet, fs};

/// The local ports of a process's TCP connections; empty where it is gone or not ours to see.
pub(super) fn ports_of(pid: i32) -> HashSet<u16> {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return HashSet::new() };
    let links = descriptors.flatten().filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    let sockets: HashSet<u64> = links.filter_map(|link| inode(link.to_str()?)).collect();
    let tables = ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1)).filter_map(|line| port(line, &sockets)).collect()
}

/// `socket:[12345]`
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// A line of `/proc/net/tcp`: number, local address, remote address, ... and in its tenth column the socket's inode.
fn port(line: &str, sockets: &HashSet<u64>) -> Option<u16> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let is_its = sockets.contains(&columns.get(9)?.parse().ok()?);
    let (_, port) = columns.get(1)?.split_once(':')?;
    if is_its { u16::from_str_radix(port, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_of_this_process_is_found_and_gone_when_it_is_closed() -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let stream = TcpStream::connect(listener.local_addr()?)?;
        let (port, own) = (stream.local_addr()?.port(), i32::try_from(std::process::id()).unwrap_or_default());
        assert!(ports_of(own).contains(&port));
        assert!(!ports_of(1).contains(&port));
        drop(stream);
        assert!(!ports_of(own).contains(&port));
        Ok(())
    }
}
