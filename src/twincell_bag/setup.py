from setuptools import find_packages, setup

package = "twincell_bag"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package]),
        ("share/" + package, ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="twincell maintainers",
    maintainer_email="maintainers@twincell.dev",
    description="Records a cell into MCAP bags that rosbag2 reads; inspects, checks and repairs them",
    license="Apache-2.0",
    entry_points={"console_scripts": ["recorder_node = twincell_bag.recorder_node:main"]},
)
