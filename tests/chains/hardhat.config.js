// A block for each transaction, and nothing compiled: contracts come from abi/.
module.exports = {
  solidity: { compilers: [] },
  networks: { hardhat: { chainId: 31337, loggingEnabled: false } },
};
