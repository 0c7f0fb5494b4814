// A mutation of each line of NodeEarnings that does something, each to be seen by its unit tests.
const file = 'contracts/NodeEarnings.sol'

const table = [
  // --- the clones' code by itself
  ['the bare implementation answers', 'if (address(this) == SELF) revert NotAClone();', ''],
  // --- passing on
  ['nothing is pushed', "amount = LINK.balanceOf(address(this));\n        if (amount == 0 ||", "amount = LINK.balanceOf(address(this));\n        if ("],
  ['an unknown node is pushed to', 'amount = LINK.balanceOf(address(this));\n        if (amount == 0 || status == IStakingPool.Status.None)', 'amount = LINK.balanceOf(address(this));\n        if (amount == 0)'],
  ['half is pushed', 'amount = LINK.balanceOf(address(this));', 'amount = LINK.balanceOf(address(this)) / 2;'],
  ['a closed node is sunk', 'if (status == IStakingPool.Status.Retired) LINK.transfer', 'if (status != IStakingPool.Status.Active) LINK.transfer'],
  ['a retired node is pushed to', 'if (status == IStakingPool.Status.Retired) LINK.transfer(SINK, amount);\n        else ', ''],
  ['what is sunk goes to who asks', 'LINK.transfer(SINK, amount)', 'LINK.transfer(msg.sender, amount)'],
  ['the reward is of another node', 'abi.encodePacked("RWRD", wallet', 'abi.encodePacked("RWRD", address(1)'],
  ['the pool gets a stake', 'abi.encodePacked("RWRD", wallet', 'abi.encodePacked(wallet'],
  // --- operators
  ['nothing is collected', 'amount = IOperator(operator).withdrawable();\n        if (amount == 0 ||', 'amount = IOperator(operator).withdrawable();\n        if ('],
  ['an unknown node is collected for', 'withdrawable();\n        if (amount == 0 || status == IStakingPool.Status.None)', 'withdrawable();\n        if (amount == 0)'],
  ['a retired node is collected for', 'if (status == IStakingPool.Status.Retired) IOperator(operator).withdraw(SINK, amount);\n        else ', ''],
  ['what is collected late goes to who asks', 'withdraw(SINK, amount)', 'withdraw(msg.sender, amount)'],
  ['what is collected stops here', 'else IOperator(operator).ownerTransferAndCall(address(POOL), amount, _reward(wallet, amount));', 'else IOperator(operator).withdraw(address(this), amount);'],
  ['only a closed node takes', 'status != IStakingPool.Status.Active && ', ''],
  ['only an active node takes', ' && status != IStakingPool.Status.Closed', ''],
  ['any node takes', 'revert NodeNotLive(wallet);', '{}'],
  ['what is offered is not accepted', 'try IOperator(operator).acceptOwnership() {} catch {}', ''],
  ['what is not offered is a failure', 'try IOperator(operator).acceptOwnership() {} catch {}', 'IOperator(operator).acceptOwnership();'],
  ['the senders stay', 'IOperator(operator).setAuthorizedSenders(senders);', ''],
  ['who asks becomes the sender', 'senders[0] = wallet;', 'senders[0] = msg.sender;'],
  // --- feeds
  ['a payeeship is not accepted', 'try IFeed(feed).acceptPayeeship(wallet) {} catch {}', ''],
  ['a payeeship is accepted each time', 'try IFeed(feed).acceptPayeeship(wallet) {} catch {}', 'IFeed(feed).acceptPayeeship(wallet);'],
  ['a feed is not asked to pay', 'IFeed(feed).withdrawPayment(wallet);', ''],
  ['what a feed pays stays', 'IFeed(feed).withdrawPayment(wallet);\n        return push();', 'IFeed(feed).withdrawPayment(wallet);\n        return 0;'],
  // --- release
  ['a released operator keeps its LINK', 'collect(operator);\n', ''],
  ['an operator is not released', 'IOperator(operator).transferOwnership(heir);', ''],
  ['a released feed keeps its LINK', 'collectFeed(feed);\n', ''],
  ['a feed is not released', 'IFeed(feed).transferPayeeship(node(), heir);', ''],
  ['a live node lets go', 'n.status != IStakingPool.Status.Retired || ', ''],
  ['a node lets go with shares', ' || n.totalShares != 0', ''],
  ['who asks inherits', 'return POOL.owner();', 'return msg.sender;'],
  // --- the factory
  ['it is made again', 'if (address(earnings).code.length != 0) return earnings;', ''],
  ['it is not said', 'emit EarningsCreated(node, address(earnings));', ''],
  ['it is elsewhere than was said', 'cloneDeterministicWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(node), 0)', 'cloneDeterministicWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(node), bytes32(uint256(1)))'],
  ['all wallets share one', 'predictDeterministicAddressWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(node), 0)', 'predictDeterministicAddressWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(address(1)), 0)'],
]

export const earnings = table.map(([name, find, replace]) => ({ name, edits: [{ file, find, replace }] }))
