from setuptools import find_packages, setup

package = "twincell_camera"

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
    description="Cameras of a cell: the Camera protocol, a virtual RealSense D435 and its node",
    license="Apache-2.0",
    entry_points={"console_scripts": ["camera_node = twincell_camera.node:main"]},
)
